//! `dropgate explain CODE`: what the short code on a problem means. It is read
//! here; the worker is not asked, and needs to remember nothing.

use dropgate::{app::diagnosis::Diagnosis, trust::format_time};

/// Whose move it is.
#[derive(Clone, Copy)]
enum Turn {
    Shopper,
    Creator,
    Operator,
    Program,
}

impl Turn {
    const fn word(self) -> &'static str {
        match self {
            Self::Shopper => "the shopper's",
            Self::Creator => "the creator's",
            Self::Operator => "the operator's",
            Self::Program => "the program's that sent the request",
        }
    }
}

/// What happened, in lines to read to somebody.
pub fn told(diagnosis: &Diagnosis) -> String {
    let (turn, means) = meaning(diagnosis.slug);
    let route = match diagnosis.route {
        "unknown" => "a URL that names nothing here".to_owned(),
        route => format!("a request for {}", route.replace('_', " ")),
    };
    let time = format_time(diagnosis.time);
    let minute = time.get(..16).unwrap_or(&time);
    format!(
        "problem    {}\nwhen       in the minute {minute}Z\nwhere      {route}\nnext move  {}\n\n{means}\n",
        diagnosis.slug,
        turn.word(),
    )
}

// A table: an arm for each problem.
#[allow(clippy::too_many_lines)]
fn meaning(slug: &str) -> (Turn, &'static str) {
    use Turn::{Creator, Operator, Program, Shopper};
    match slug {
        "bad-request" => (
            Program,
            "The request was malformed; the problem's detail names the member or field.",
        ),
        "not-found" => (
            Shopper,
            "There is nothing at this address: a mistyped link, or a drop or file that was never published.",
        ),
        "content-too-large" => (Program, "The body was larger than this URL takes."),
        "content-mismatch" => (
            Operator,
            "Stored bytes are not the ones their creator signed, and were not sent. Publish the drop again, and find out who wrote to the bucket; the publish log has an incident receipt.",
        ),
        "storage-unavailable" => (
            Operator,
            "A store behind the worker failed; the worker's log has the same code with the fault before it. Trying again usually works.",
        ),
        "misconfigured" => (
            Operator,
            "A setting of the worker is missing or malformed; its log names it.",
        ),
        "method-not-allowed" => (
            Program,
            "The URL exists and takes another method; the Allow field says which.",
        ),
        "headers-too-large" => (
            Program,
            "The request had more than 64 KiB of header fields, often from cookies of other services on the host.",
        ),
        "no-marketplace" => (
            Operator,
            "No root of trust was published to this worker yet: run 'dropgate publish'.",
        ),
        "metadata-expired" => (
            Operator,
            "The signed timestamp or snapshot was not renewed in time: see whether the cron trigger runs.",
        ),
        "drop-ended" => (
            Creator,
            "The drop's metadata has expired. Publishing it again renews it.",
        ),
        "drop-not-open" => (Shopper, "The drop opens later; its page says when."),
        "not-a-picture" => (
            Creator,
            "A derivative was asked of a file that is no picture this worker reads.",
        ),
        "picture-too-large" => (
            Creator,
            "The picture has more pixels or bytes than one job may take.",
        ),
        "picture-damaged" => (
            Creator,
            "The picture's data is damaged or cut short. Export it anew and publish it.",
        ),
        "picture-impossible" => (
            Program,
            "The options do not fit the picture, such as a trim of more than it has.",
        ),
        "engine-failed" => (
            Operator,
            "The picture engine failed on this file: keep the file, and report it.",
        ),
        "grant-missing" => (
            Shopper,
            "The file needs a grant and the request had none: redeem a code, or open the link that was sent once more.",
        ),
        "grant-malformed" => (
            Shopper,
            "The link was cut or changed on its way, most often by a mail program that broke the line.",
        ),
        "grant-encrypted"
        | "grant-algorithm"
        | "grant-critical-extension"
        | "grant-other-purpose"
        | "grant-claim" => (
            Operator,
            "The back end minted a token that is no grant; 'dropgate explain TOKEN --path PATH' says which part is wrong.",
        ),
        "grant-unknown-issuer" | "grant-unknown-key" => (
            Operator,
            "The grant's issuer or key is not among ISSUERS: a key that was rolled, or a grant of another marketplace.",
        ),
        "issuer-keys-unavailable" => (
            Operator,
            "The issuer's key set could not be fetched: see whether its URL answers.",
        ),
        "grant-bad-signature" => (
            Shopper,
            "The signature does not fit: the link was changed, or is a forgery.",
        ),
        "grant-expired" => (
            Shopper,
            "The grant's time is over. Redeeming the code again on the same device gives a new one; what was downloaded is kept and goes on.",
        ),
        "grant-not-yet-valid" => (
            Shopper,
            "The grant begins later, or the back end's clock is ahead.",
        ),
        "grant-wrong-audience" => (
            Operator,
            "The grant was minted for another edge: compare its aud with AUDIENCE.",
        ),
        "grant-other-path" => (
            Shopper,
            "The grant is for other files than the one asked for.",
        ),
        "grant-tier-too-low" => (
            Shopper,
            "The file belongs to a higher tier than the grant reaches.",
        ),
        "grant-outside-net" | "grant-outside-geo" | "grant-outside-colo" => (
            Shopper,
            "The grant is good in other networks or places only; a VPN or a journey is the usual reason.",
        ),
        "grant-revoked" => (
            Operator,
            "The grant was revoked: by the operator, by a refund or a lost dispute, or by its holder.",
        ),
        "grant-suspended" => (
            Operator,
            "The grant is suspended, most often while a payment is disputed.",
        ),
        "consent-withdrawn" => (
            Shopper,
            "The consent that the grant relies on was taken back. It can be given again on the drop's page.",
        ),
        "status-list-unavailable" => (
            Operator,
            "The status list that the grant names could not be had, so it was not let through.",
        ),
        "grant-other-device" => (
            Shopper,
            "The grant is bound to the device that used it first. 'dropgate grants reset' frees it.",
        ),
        "consent-required" => (
            Shopper,
            "The creator asks for consent first; the drop's page says to what.",
        ),
        "grant-used-up" => (
            Shopper,
            "The grant's downloads or bytes are used up. 'dropgate grants show' tells, 'dropgate grants extend' adds.",
        ),
        "grant-not-revocable" => (
            Operator,
            "The grant names no status list of this edge, so it cannot be revoked here.",
        ),
        "url-signature" => (
            Program,
            "The signature of an image URL does not hold: a changed option, an old key, or a URL past its time.",
        ),
        "bad-options" => (
            Program,
            "The image options are malformed; the detail names the option and often what was meant.",
        ),
        "precondition-failed" => (
            Program,
            "The file changed since the client last saw it (If-Match or If-Unmodified-Since).",
        ),
        "range-not-satisfiable" => (
            Program,
            "The range begins after the file's end: the file was replaced by a shorter one, or is complete already.",
        ),
        "code-malformed" | "code-unknown" => (
            Shopper,
            "The code was mistyped; comparing it with the card letter by letter helps. No code has an I, L, O or U.",
        ),
        "code-spent" => (
            Shopper,
            "The code was redeemed on another device. There it gives the same grant again.",
        ),
        "code-held" => (
            Shopper,
            "Another device is redeeming the code in this minute.",
        ),
        "code-revoked" => (
            Operator,
            "The code was withdrawn, or its campaign made void.",
        ),
        "code-too-early" | "code-too-late" => (Shopper, "The campaign has not begun, or is over."),
        "code-device-limit" => (
            Shopper,
            "This device has redeemed as many codes of the campaign as one device may.",
        ),
        "too-many-tries" => (
            Shopper,
            "Too many wrong codes came from one network; it passes by itself.",
        ),
        "link-unknown" | "link-revoked" | "link-expired" | "link-spent" => (
            Shopper,
            "The link is used up, over, withdrawn, or was never made. Whoever sent it can make another.",
        ),
        "link-nonce" => (
            Shopper,
            "The link's page was open too long, or on another device: open the link again.",
        ),
        "order-unknown" => (
            Shopper,
            "No order has this number with this e-mail address. After paying it can take a minute.",
        ),
        "order-over" => (
            Shopper,
            "The subscription was not renewed, or the order's time is over.",
        ),
        "stripe-signature" => (
            Operator,
            "An event was not signed with any of STRIPE_SECRETS, or came too late.",
        ),
        "stripe-metadata" => (
            Operator,
            "A Checkout Session's metadata (dropgate_paths and so on) cannot be read.",
        ),
        "not-authorised" => (
            Program,
            "The operator's or a creator's token was missing, wrong or too old.",
        ),
        "length-required" => (Program, "The upload had no Content-Length."),
        "upload-mismatch" => (
            Program,
            "The uploaded bytes are not those that the URL names: send the file again.",
        ),
        "crashed" => (
            Operator,
            "The worker trapped and was replaced by a fresh instance; whatever ran in it was lost. Trying again works; if it does not, keep what was asked for and report it.",
        ),
        "file-not-uploaded" => (
            Creator,
            "A manifest names a file that was not uploaded: publish again, the command line sends what is missing.",
        ),
        "metadata-refused" => (
            Creator,
            "The signed metadata does not verify: a key that is not delegated to, or a version that does not rise.",
        ),
        "publish-unavailable" => (
            Operator,
            "Publishing could not be completed just now; nothing has changed, and it can be done again.",
        ),
        "version-conflict" => (
            Creator,
            "Somebody else published at the same time: publish again.",
        ),
        "check-malformed" => (Program, "The list of piece hashes is not one."),
        "archive-impossible" => (
            Shopper,
            "No file was chosen that exists, or they do not fit into one archive.",
        ),
        "consent-nonce" => (
            Shopper,
            "The consent form was not the one shown to this device: open the page again.",
        ),
        "consent-incomplete" => (Shopper, "Not every box of the consent form was ticked."),
        "parts-missing" | "upload-lost" => (
            Creator,
            "An upload in parts is not complete or was given up: publish again, it goes on or begins anew.",
        ),
        "drop-presets" => (
            Creator,
            "The presets in the drop's manifest cannot be read.",
        ),
        "bad-iiif" => (
            Program,
            "The IIIF request is malformed; the detail names the part.",
        ),
        "busy" => (
            Program,
            "The worker had too much to do at once; trying again in a moment works.",
        ),
        _ => (
            Operator,
            "A problem without an explanation in this version of dropgate; the problem's detail says more.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use dropgate::app::diagnosis::SLUGS;

    use super::*;

    #[test]
    fn every_problem_is_explained() {
        let (_, unexplained) = meaning("no such slug");
        for slug in SLUGS.iter().skip(1) {
            assert_ne!(meaning(slug).1, unexplained, "{slug}");
        }
    }
}
