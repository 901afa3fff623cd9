//! Which of a drop's files a request is for: all of them, those that `?files=`
//! names, those that a grant of `?tier=` opens.

use super::{
    Desk,
    grant::{Asked, Decided},
    http::Request,
    problem::Problem,
};
use crate::{
    delivery::{
        response::Access,
        zip::{Choice, ZipError},
    },
    gate::Policy,
    ports::World,
    trust::{self, DropManifest, FileEntry, Name},
};

/// The files, in the order of the manifest.
pub(super) struct Chosen<'a> {
    manifest: &'a DropManifest,
    /// The files.
    pub files: Vec<&'a FileEntry>,
    /// What the collection is called, without an ending.
    pub name: String,
}

impl<'a> Chosen<'a> {
    /// Whether the answer depends on a grant.
    pub fn access(&self) -> Access {
        let is_open = |file: &&FileEntry| file.access == trust::Access::Public;
        if self.files.iter().all(is_open) && self.manifest.facts.consent.is_empty() {
            Access::Public
        } else {
            Access::Private
        }
    }

    fn asked(&self) -> Vec<Asked<'a>> {
        let asked = |file: &&'a FileEntry| Asked::of(self.manifest, file);
        self.files.iter().map(asked).collect()
    }
}

impl<W: World> Desk<'_, W> {
    /// Reads the choice. It says nothing about who may have the files.
    pub(super) fn choose<'a>(
        &self,
        request: &Request<W::Body>,
        manifest: &'a DropManifest,
    ) -> Result<Chosen<'a>, Problem> {
        let (files, tier) = (request.query("files"), request.query("tier"));
        let tier = tier.map(|tier| Name::parse(&tier)).transpose();
        let tier =
            tier.map_err(|error| Problem::not_found(format!("The tier names nothing: {error}.")))?;
        let held = tier.as_ref().map(|tier| Policy::parse(tier.as_str()));
        let is_opened = |file: &&FileEntry| {
            held.as_ref().is_none_or(|held| {
                let needed = Policy::parse(file.access.as_str());
                self.config.gate.tiers.opens(held, &needed)
            })
        };
        let offered = manifest.files.values().filter(is_opened);
        let files_chosen = Choice::parse(files.as_deref())
            .and_then(|choice| choice.select(offered, |file| &file.path.file))
            .map_err(|error| impossible(&error))?;
        if files_chosen.is_empty() && tier.is_some() {
            return Err(Problem::not_found(
                "No file of this drop is open to that tier.",
            ));
        }
        let drop = manifest.path.drop.as_str();
        let name = match (files, tier) {
            (Some(_), _) => format!("{drop}-selection"),
            (None, Some(tier)) => format!("{drop}-{tier}"),
            (None, None) => drop.to_owned(),
        };
        Ok(Chosen {
            manifest,
            files: files_chosen,
            name,
        })
    }

    /// Lets the request through to all of them. Whoever may not have one may
    /// not have the collection.
    pub(super) async fn decide_chosen(
        &self,
        request: &Request<W::Body>,
        chosen: &Chosen<'_>,
    ) -> Result<Decided, Problem> {
        self.decide_all(request, &chosen.asked()).await
    }
}

/// Why there is no such archive.
pub(super) fn impossible(error: &ZipError) -> Problem {
    let detail = format!("{error}.");
    match error {
        ZipError::Absent(_) => Problem::not_found(detail),
        _ => Problem::new(
            422,
            "archive-impossible",
            "There can be no such archive",
            detail,
        ),
    }
}
