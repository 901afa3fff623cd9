//! Which use case a request is for: method and path, nothing else.

use super::{form::decode, http::Method, iiif::Ask, problem::Problem};
use crate::trust::{DropPath, Name, PathError, TargetPath};

/// What kind of thing a request is for, as metrics tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asset {
    Picture,
    File,
    Archive,
    Page,
    Metadata,
    Evidence,
    Api,
}

impl Asset {
    /// Its name in metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::File => "file",
            Self::Archive => "archive",
            Self::Page => "page",
            Self::Metadata => "metadata",
            Self::Evidence => "evidence",
            Self::Api => "api",
        }
    }
}

/// A use case with its parsed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `GET /`
    Storefront,
    /// `GET /assets/{name}`: what the pages load.
    Asset(String),
    /// `GET /img/{options}/{creator}/{drop}/{file}`
    Image {
        /// The recipe as written in the URL.
        options: String,
        /// The source.
        path: TargetPath,
    },
    /// `GET /cdn-cgi/image/{options}/{source}`: a derivative, as clients of
    /// Cloudflare's image URLs ask for it.
    Foreign {
        /// The recipe as written in the URL.
        options: String,
        /// The rest of the path: a path or an address of this host.
        source: String,
    },
    /// `GET /iiif/3/{identifier}...`: the IIIF Image API.
    Iiif {
        /// `{creator}~{drop}~{file}`, as written in the URL.
        identifier: String,
        /// What of it.
        ask: Ask,
    },
    /// `GET /get/{creator}/{drop}/{file}`
    Download(TargetPath),
    /// `GET /get/{creator}/{drop}/catalog.zip`
    Packaged(DropPath),
    /// `GET /get/{creator}/{drop}.zip`
    Archive(DropPath),
    /// `GET /get/{creator}/{drop}.meta4`
    Metalink(DropPath),
    /// `POST /check/{creator}/{drop}/{file}`
    Check(TargetPath),
    /// `GET /d/{creator}/{drop}`
    DropPage(DropPath),
    /// `GET /metadata/{file}`
    Metadata(String),
    /// `GET /targets/{creator}/{drop}/{sha256}.{file}`
    Target {
        /// The digest in the name.
        sha256: crate::trust::Sha256,
        /// The path without it.
        path: TargetPath,
    },
    /// `GET /r/{code}`
    RedeemPage(String),
    /// `POST /redeem`
    Redeem,
    /// `GET /.well-known/jwks.json`
    Jwks,
    /// `GET /receipts/{id}`
    Receipt(String),
    /// `GET /log/vkey`
    Vkey,
    /// `GET /log/{name}/{rest}`
    Log {
        /// Which log.
        name: String,
        /// `checkpoint`, `tile/...`
        rest: String,
    },
    /// `GET /healthz`
    Health,
    /// `PUT /admin/files/{creator}/{drop}/{sha256}.{file}`
    Upload {
        /// The digest in the name.
        sha256: crate::trust::Sha256,
        /// Where it will be.
        path: TargetPath,
    },
    /// `POST` to the same: an upload in parts.
    UploadInParts {
        /// The digest in the name.
        sha256: crate::trust::Sha256,
        /// Where it will be.
        path: TargetPath,
    },
    /// `POST /admin/root`: the first root and targets.
    Initialise,
    /// `POST /admin/metadata`: newer signed metadata.
    Publish,
    /// `POST /admin/purge`: pictures are made anew.
    Purge,
    /// `POST /admin/codes`: a campaign of redemption codes.
    Codes,
    /// `GET /admin/codes/{campaign}`: how a campaign goes.
    Campaign(String),
    /// `POST /admin/codes/{campaign}/void`: ends it.
    VoidCampaign(String),
    /// `POST /hooks/stripe`: events of Stripe.
    StripeHook,
    /// `GET /orders`: asks for what finds an order.
    OrderForm,
    /// `POST /orders`: finds one.
    FindOrder,
    /// `GET /orders/{id}`: the page after paying.
    OrderPage(String),
    /// `POST /orders/{id}`: its grant.
    OpenOrder(String),
    /// `POST /admin/links`: ephemeral links.
    Links,
    /// `GET /link/{id}`: shows, spends nothing.
    LinkPage(String),
    /// `POST /link/{id}`: spends a use.
    SpendLink(String),
    /// `GET /consent/{creator}/{drop}`: asks for what the drop asks for.
    ConsentForm(DropPath),
    /// `POST /consent/{creator}/{drop}`: agrees.
    GiveConsent(DropPath),
    /// `GET /consent/{receipt}`: what was agreed to.
    ConsentReceipt(String),
    /// `POST /consent/{receipt}`: takes it back.
    EndConsent(String),
    /// `GET /.well-known/gpc.json`
    Gpc,
    /// `GET /status/{number}`: a Token Status List.
    StatusList(String),
    /// `POST /admin/explain`: why a token opens a path, or not.
    Explain,
    /// `POST /admin/grants`: what a grant has used.
    Grants,
    /// `POST /admin/status`: a place in a status list.
    Place,
    /// `GET /metrics`: numbers for Prometheus.
    Metrics,
    /// `GET /dashboard`: numbers for people.
    Dashboard,
    /// `POST /admin/tickets`: someone asked for help.
    Ticket,
    /// `GET /known`: what is known about a grant's holder.
    Known,
    /// `POST /known`: withdraws or deletes it.
    AlterKnown,
}

impl Route {
    /// Finds the use case; a wrong path is 404, a wrong method 405.
    pub fn parse(method: Method, path: &str) -> Result<Self, Problem> {
        let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let (route, allowed) = Self::find(&parts)?;
        // A link's page is shown by GET and left by POST.
        let (route, allowed) = match (method, route) {
            (Method::Post, Self::LinkPage(id)) => (Self::SpendLink(id), Method::Post),
            (Method::Post, Self::ConsentForm(drop)) => (Self::GiveConsent(drop), Method::Post),
            (Method::Post, Self::ConsentReceipt(key)) => (Self::EndConsent(key), Method::Post),
            (Method::Post, Self::OrderForm) => (Self::FindOrder, Method::Post),
            (Method::Post, Self::Known) => (Self::AlterKnown, Method::Post),
            (Method::Post, Self::OrderPage(id)) => (Self::OpenOrder(id), Method::Post),
            (Method::Post, Self::Upload { sha256, path }) => {
                (Self::UploadInParts { sha256, path }, Method::Post)
            }
            (Method::Options, Self::Iiif { identifier, .. }) => {
                let ask = Ask::Preflight;
                (Self::Iiif { identifier, ask }, Method::Options)
            }
            (_, route) => (route, allowed),
        };
        let takes = match method {
            Method::Get | Method::Head => allowed == Method::Get,
            other => allowed == other,
        };
        if takes {
            return Ok(route);
        }
        let allow = match allowed {
            Method::Get => "GET, HEAD",
            Method::Put => "PUT",
            _ => "POST",
        };
        Err(Problem::new(
            405,
            "method-not-allowed",
            "The method is not allowed here",
            format!("Use {allow} for this URL."),
        )
        .with("allow", allow))
    }

    /// Its name in metrics and in diagnostic codes, and what kind of thing it hands out.
    pub(super) fn kind(&self) -> (&'static str, Asset) {
        match self {
            Self::Storefront => ("storefront", Asset::Page),
            Self::Asset(_) => ("asset", Asset::Page),
            Self::Image { .. } | Self::Foreign { .. } => ("image", Asset::Picture),
            Self::Iiif { .. } => ("iiif", Asset::Picture),
            Self::Download(_) => ("download", Asset::File),
            Self::Archive(_) | Self::Packaged(_) => ("archive", Asset::Archive),
            Self::Metalink(_) => ("metalink", Asset::Metadata),
            Self::Check(_) => ("check", Asset::Api),
            Self::DropPage(_) => ("drop_page", Asset::Page),
            Self::Metadata(_) => ("metadata", Asset::Metadata),
            Self::Target { .. } => ("target", Asset::File),
            Self::RedeemPage(_) => ("redeem", Asset::Page),
            Self::Redeem => ("redeem", Asset::Api),
            Self::Jwks => ("jwks", Asset::Metadata),
            Self::Receipt(_) => ("receipt", Asset::Evidence),
            Self::Vkey | Self::Log { .. } => ("log", Asset::Evidence),
            Self::Health => ("health", Asset::Api),
            Self::Upload { .. } | Self::UploadInParts { .. } => ("upload", Asset::Api),
            Self::Initialise | Self::Publish => ("publish", Asset::Api),
            Self::StripeHook => ("stripe", Asset::Api),
            Self::OrderForm | Self::FindOrder | Self::OrderPage(_) | Self::OpenOrder(_) => {
                ("order", Asset::Page)
            }
            Self::LinkPage(_) | Self::SpendLink(_) => ("link", Asset::Page),
            Self::ConsentForm(_)
            | Self::GiveConsent(_)
            | Self::ConsentReceipt(_)
            | Self::EndConsent(_) => ("consent", Asset::Page),
            Self::Gpc => ("consent", Asset::Metadata),
            Self::StatusList(_) => ("status_list", Asset::Metadata),
            Self::Metrics => ("metrics", Asset::Api),
            Self::Dashboard => ("dashboard", Asset::Page),
            Self::Known | Self::AlterKnown => ("known", Asset::Page),
            Self::Purge
            | Self::Codes
            | Self::Campaign(_)
            | Self::VoidCampaign(_)
            | Self::Links
            | Self::Explain
            | Self::Grants
            | Self::Place
            | Self::Ticket => ("admin", Asset::Api),
        }
    }

    /// Whose drop it is about, if it is about what a creator gives.
    pub(super) fn creator(&self) -> Option<&Name> {
        match self {
            Self::Image { path, .. } | Self::Download(path) | Self::Target { path, .. } => {
                Some(&path.drop.creator)
            }
            Self::Archive(drop) | Self::DropPage(drop) | Self::Packaged(drop) => {
                Some(&drop.creator)
            }
            _ => None,
        }
    }

    fn find(parts: &[&str]) -> Result<(Self, Method), Problem> {
        use Method::{Get, Post, Put};
        let found = match parts {
            [""] => (Self::Storefront, Get),
            ["assets", name] => (Self::Asset((*name).to_owned()), Get),
            ["img", options, creator, drop, file] => {
                let path = target(creator, drop, file)?;
                // Still encoded: the recipe decodes option by option.
                let options = (*options).to_owned();
                (Self::Image { options, path }, Get)
            }
            ["cdn-cgi", "image", options, source @ ..]
            | ["img", "cdn-cgi", "image", options, source @ ..]
                if !source.is_empty() =>
            {
                let (options, source) = ((*options).to_owned(), source.join("/"));
                (Self::Foreign { options, source }, Get)
            }
            ["iiif", "3", identifier, rest @ ..] => {
                let ask = match rest {
                    [] | [""] => Ask::Base,
                    ["info.json"] => Ask::Info,
                    [region, size, rotation, file] => {
                        Ask::Picture([region, size, rotation, file].map(|part| (*part).to_owned()))
                    }
                    _ => Ask::Malformed,
                };
                let identifier = (*identifier).to_owned();
                (Self::Iiif { identifier, ask }, Get)
            }
            ["get", creator, name] => (collection(creator, name)?, Get),
            ["get", creator, drop, super::packaged::NAME] => {
                (Self::Packaged(drop_path(creator, drop)?), Get)
            }
            ["get", creator, drop, file] => (Self::Download(target(creator, drop, file)?), Get),
            ["check", creator, drop, file] => (Self::Check(target(creator, drop, file)?), Post),
            ["d", creator, drop] => (Self::DropPage(drop_path(creator, drop)?), Get),
            ["metadata", file] => (Self::Metadata((*file).to_owned()), Get),
            ["targets", creator, drop, file] => {
                let (sha256, path) = consistent(creator, drop, file)?;
                (Self::Target { sha256, path }, Get)
            }
            ["r", code] => (Self::RedeemPage(decode(code, false)), Get),
            ["redeem"] => (Self::Redeem, Post),
            [".well-known", "jwks.json"] => (Self::Jwks, Get),
            [".well-known", "gpc.json"] => (Self::Gpc, Get),
            ["consent", key] => (Self::ConsentReceipt((*key).to_owned()), Get),
            ["consent", creator, drop] => (Self::ConsentForm(drop_path(creator, drop)?), Get),
            ["receipts", id] => (Self::Receipt((*id).to_owned()), Get),
            ["log", "vkey"] => (Self::Vkey, Get),
            ["log", name, rest @ ..] if !rest.is_empty() => {
                let (name, rest) = ((*name).to_owned(), rest.join("/"));
                (Self::Log { name, rest }, Get)
            }
            ["healthz"] => (Self::Health, Get),
            ["admin", "files", creator, drop, file] => {
                let (sha256, path) = consistent(creator, drop, file)?;
                (Self::Upload { sha256, path }, Put)
            }
            ["admin", "root"] => (Self::Initialise, Post),
            ["admin", "metadata"] => (Self::Publish, Post),
            ["admin", "purge"] => (Self::Purge, Post),
            ["admin", "codes"] => (Self::Codes, Post),
            ["admin", "codes", id] => (Self::Campaign((*id).to_owned()), Get),
            ["admin", "codes", id, "void"] => (Self::VoidCampaign((*id).to_owned()), Post),
            ["hooks", "stripe"] => (Self::StripeHook, Post),
            ["orders"] => (Self::OrderForm, Get),
            ["orders", id] if id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
                (Self::OrderPage((*id).to_owned()), Get)
            }
            ["admin", "links"] => (Self::Links, Post),
            ["link", id] => (Self::LinkPage((*id).to_owned()), Get),
            ["status", number] => (Self::StatusList((*number).to_owned()), Get),
            ["admin", "explain"] => (Self::Explain, Post),
            ["admin", "grants"] => (Self::Grants, Post),
            ["admin", "status"] => (Self::Place, Post),
            ["metrics"] => (Self::Metrics, Get),
            ["dashboard"] => (Self::Dashboard, Get),
            ["admin", "tickets"] => (Self::Ticket, Post),
            ["known"] => (Self::Known, Get),
            _ => return Err(unknown()),
        };
        Ok(found)
    }
}

fn unknown() -> Problem {
    Problem::not_found(
        "No such URL. The storefront is at /, files at /get/{creator}/{drop}/{file}.",
    )
}

/// A bad name in a path is a path to nothing, but says what is wrong with it.
fn named(error: &PathError) -> Problem {
    Problem::not_found(format!("The path names nothing: {error}."))
}

fn target(creator: &str, drop: &str, file: &str) -> Result<TargetPath, Problem> {
    TargetPath::new(creator, drop, file).map_err(|error| named(&error))
}

fn drop_path(creator: &str, drop: &str) -> Result<DropPath, Problem> {
    DropPath::new(creator, drop).map_err(|error| named(&error))
}

/// `{drop}.zip` or `{drop}.meta4`.
fn collection(creator: &str, name: &str) -> Result<Route, Problem> {
    if let Some(drop) = name.strip_suffix(".zip") {
        return Ok(Route::Archive(drop_path(creator, drop)?));
    }
    if let Some(drop) = name.strip_suffix(".meta4") {
        return Ok(Route::Metalink(drop_path(creator, drop)?));
    }
    Err(unknown())
}

/// `{sha256}.{file}`, as TUF's consistent snapshots name targets.
fn consistent(
    creator: &str,
    drop: &str,
    file: &str,
) -> Result<(crate::trust::Sha256, TargetPath), Problem> {
    let parsed = file
        .split_once('.')
        .and_then(|(hex, name)| Some((crate::trust::Sha256::from_hex(hex)?, name)));
    let Some((sha256, name)) = parsed else {
        return Err(Problem::not_found(
            "A target's last part is {sha256}.{file}: 64 lower-case hexadecimal digits, a dot and the file's name.",
        ));
    };
    Ok((sha256, target(creator, drop, name)?))
}

#[cfg(test)]
mod tests;
