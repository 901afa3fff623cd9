//! The letter to an arbiter: what happened, when, and how it is known. Written
//! from what was proven and from nothing else, so that a verifier who has the
//! attachments writes the same letter.

use std::fmt::Write as _;

use super::{Dossier, Findings, Proven, Subject};
use crate::evidence::{Kind, Receipt, Verifier};
use crate::trust::{DropManifest, Sha256, format_time};

/// The letter. Writing to a `String` cannot fail.
pub(super) fn write(dossier: &Dossier, findings: &Findings, log: &Verifier) -> String {
    let mut letter = String::new();
    let _ = opening(&mut letter, dossier)
        .and_then(|()| happened(&mut letter, findings))
        .and_then(|()| signed(&mut letter, dossier, findings))
        .and_then(|()| consent(&mut letter, findings))
        .and_then(|()| limits(&mut letter, findings))
        .and_then(|()| closing(&mut letter, log));
    letter
}

fn opening(to: &mut String, dossier: &Dossier) -> std::fmt::Result {
    writeln!(to, "Evidence about {}\n", named(&dossier.subject))?;
    writeln!(
        to,
        "To whom it may concern,\n\n\
         this file was put together on {}. All that it says follows from its\n\
         attachments, which carry digital signatures. Nobody who handed it on could\n\
         have changed a word without the check at its end failing.",
        moment(dossier.collected)
    )
}

fn named(subject: &Subject) -> String {
    match subject {
        Subject::Drop(drop) => format!("the drop {drop}"),
        Subject::Grant(grant) => format!("the grant with the salted hash\n{}", grant.0.to_hex()),
        Subject::Receipt(id) => format!("the receipt {id}"),
    }
}

fn happened(to: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(to, "\nWHAT HAPPENED")?;
    if findings.receipts.is_empty() {
        return writeln!(to, "\nNo receipt is enclosed.");
    }
    for (number, proven) in (1..).zip(&findings.receipts) {
        writeln!(to, "\n{number}. {}", moment(proven.receipt.time))?;
        event(to, proven)?;
        known(to, proven)?;
    }
    Ok(())
}

fn event(to: &mut String, proven: &Proven) -> std::fmt::Result {
    let receipt = &proven.receipt;
    let detail = receipt
        .detail
        .as_ref()
        .map_or("-", |detail| detail.as_str());
    let file = match (&receipt.drop, &receipt.file) {
        (Some(drop), Some(file)) => format!("{drop}/{file}"),
        (Some(drop), None) => format!("the drop {drop}"),
        _ => "something unnamed".to_owned(),
    };
    match receipt.kind {
        Kind::Publish => writeln!(to, "   A version of {file} was published.")?,
        Kind::Grant => writeln!(to, "   A grant for {file} was issued.")?,
        Kind::Redeem => writeln!(to, "   A code for {file} was redeemed.")?,
        Kind::Deliver if receipt.is_archive() => archive(to, receipt)?,
        Kind::Deliver => writeln!(to, "   {file} was handed over in full.")?,
        Kind::Consent => writeln!(to, "   Consent was given: {detail}.")?,
        Kind::Revoke => writeln!(to, "   Something was taken back: {detail}.")?,
        Kind::Derive => writeln!(to, "   A picture was made from {file}: {detail}.")?,
        Kind::Incident => writeln!(to, "   {file} was refused: {detail}.")?,
    }
    let facts = [
        (
            "version",
            receipt.version.map(|version| version.to_string()),
        ),
        ("manifest", receipt.manifest.map(Sha256::to_hex)),
        ("file", receipt.sha256.map(Sha256::to_hex)),
        ("bytes", receipt.bytes.map(|bytes| bytes.to_string())),
        ("result", receipt.result.map(Sha256::to_hex)),
        ("grant", receipt.grant.map(|grant| grant.0.to_hex())),
        ("about receipt", receipt.about.map(|id| id.to_string())),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            writeln!(to, "   {name}: {fact}")?;
        }
    }
    Ok(())
}

/// What was in an archive: its files' digests are those of the manifest, below.
fn archive(to: &mut String, receipt: &Receipt) -> std::fmt::Result {
    let drop = receipt
        .drop
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    match receipt.archived() {
        None => writeln!(
            to,
            "   All files of {drop} were handed over in full, as one archive."
        ),
        Some(files) => {
            writeln!(
                to,
                "   An archive was handed over in full; in it, of {drop}:"
            )?;
            files
                .iter()
                .try_for_each(|file| writeln!(to, "      {file}"))
        }
    }
}

fn known(to: &mut String, proven: &Proven) -> std::fmt::Result {
    let Proven {
        receipt,
        origin,
        index,
        size,
        witnesses,
    } = proven;
    writeln!(
        to,
        "   How this is known: receipt {}, in which the edge\n   states: \"{}\".\n\
         \x20  It is entry {index} of the log {origin}, under a signed\n   checkpoint of {size} entries",
        receipt.id,
        receipt.statement(),
    )?;
    match witnesses {
        0 => writeln!(to, "   that no known witness has countersigned."),
        count => writeln!(to, "   that {count} known witnesses have countersigned."),
    }
}

fn signed(to: &mut String, dossier: &Dossier, findings: &Findings) -> std::fmt::Result {
    let Some(chain) = &findings.chain else {
        return Ok(());
    };
    writeln!(to, "\nWHAT THE CREATORS SIGNED")?;
    let root = chain.root().header.version;
    for manifest in &findings.manifests {
        writeln!(
            to,
            "\nVersion {} of {} was in force on {}:\n\
             signed by the creator's key, which the marketplace's root (version {root})\n\
             vouches for.",
            manifest.header.version,
            manifest.path,
            moment(dossier.collected)
        )?;
        contents(to, manifest)?;
    }
    for manifest in &findings.earlier {
        writeln!(
            to,
            "\nVersion {} of {} is no longer the newest. The receipts above\n\
             name it by its digest; the edge had checked its signatures then.",
            manifest.header.version, manifest.path
        )?;
        contents(to, manifest)?;
    }
    if findings.manifests.is_empty() && findings.earlier.is_empty() {
        writeln!(to, "\nNo manifest of the drops in question is enclosed.")?;
    }
    Ok(())
}

fn contents(to: &mut String, manifest: &DropManifest) -> std::fmt::Result {
    writeln!(to, "   manifest: {}", manifest.sha256.to_hex())?;
    if let Some(license) = &manifest.facts.license {
        writeln!(to, "   licence: {license}")?;
    }
    for file in manifest.files.values() {
        writeln!(to, "   {}, {} bytes", file.path.file, file.length)?;
        writeln!(to, "      {}", file.sha256.to_hex())?;
    }
    Ok(())
}

fn consent(to: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(to, "\nCONSENT\n")?;
    let asked = findings.manifests.iter().chain(&findings.earlier);
    for manifest in asked.filter(|manifest| !manifest.facts.consent.is_empty()) {
        let scopes: Vec<_> = manifest
            .facts
            .consent
            .iter()
            .map(ToString::to_string)
            .collect();
        let (version, path) = (manifest.header.version, &manifest.path);
        writeln!(
            to,
            "Version {version} of {path} asks for: {}.",
            scopes.join(", ")
        )?;
    }
    let about = |proven: &&Proven| {
        let kind = proven.receipt.kind;
        kind == Kind::Consent || (kind == Kind::Revoke && proven.receipt.about.is_some())
    };
    match findings.receipts.iter().filter(about).count() {
        0 => writeln!(to, "No receipt of consent is enclosed."),
        1 => writeln!(to, "One receipt above speaks of consent."),
        count => writeln!(to, "{count} receipts above speak of consent."),
    }
}

fn limits(to: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(
        to,
        "\nWHAT THIS DOES NOT SAY\n\n\
         It does not say that nothing else happened: these are the receipts that whoever\n\
         put this file together has chosen. The times are the edge's own clock; the log\n\
         fixes their order."
    )?;
    if findings
        .receipts
        .iter()
        .any(|proven| proven.receipt.kind == Kind::Deliver)
    {
        writeln!(
            to,
            "A delivery means that every byte was handed to the edge's network. It does not\n\
             say that they arrived."
        )?;
    }
    Ok(())
}

fn closing(to: &mut String, log: &Verifier) -> std::fmt::Result {
    writeln!(
        to,
        "\nHOW TO CHECK IT\n\n\
         Without a network, with the marketplace's first root and the edge's key, both\n\
         got from somebody you trust:\n\n\
         \x20  dropgate evidence verify THIS-FILE --root 1.root.json \\\n\
         \x20    --log-key {log}\n\n\
         The attachments are in public formats that other programs check too: signed\n\
         notes, checkpoints and tlog-proof of c2sp.org, and TUF metadata."
    )
}

/// `2026-11-23 at 00:12:31 UTC`
fn moment(time: u64) -> String {
    let text = format_time(time);
    let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
    format!("{date} at {} UTC", clock.trim_end_matches('Z'))
}
