//! Receipts there and back, and what is refused.

use super::*;

fn deliver() -> Receipt {
    let mut receipt = Receipt::new(
        Kind::Deliver,
        ReceiptId::from_random([0x1f; 16]),
        1_795_380_108,
    );
    receipt.drop = Some(DropPath::parse("alice/drop-7").unwrap());
    receipt.version = Some(3);
    receipt.manifest = Some(Sha256::of(b"manifest"));
    receipt.file = Some(Name::parse("cover.jpg").unwrap());
    receipt.sha256 = Some(Sha256::of(b"file"));
    receipt.bytes = Some(4_519_233);
    receipt.grant = Some(GrantHash(Sha256::of(b"salted")));
    receipt
}

#[test]
fn a_receipt_reads_like_a_statement() {
    let manifest = Sha256::of(b"manifest");
    let file = Sha256::of(b"file");
    let grant = Sha256::of(b"salted");
    let expected = format!(
        "dropgate receipt v1\n\
         type deliver\n\
         id 1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\n\
         time 2026-11-22T20:41:48Z\n\
         drop alice/drop-7\n\
         version 3\n\
         manifest {manifest}\n\
         file cover.jpg\n\
         sha256 {file}\n\
         bytes 4519233\n\
         result -\n\
         grant {grant}\n\
         about -\n\
         detail -\n\
         statement this edge handed every byte of this file to its network runtime under this grant; it does not say that they arrived\n"
    );
    assert_eq!(deliver().to_string(), expected);
    assert_eq!(Receipt::parse(&expected), Ok(deliver()));
}

#[test]
fn a_signed_receipt_opens_with_the_key_of_its_signer_only() {
    let signer = Signer::new("shop.example/receipts", [4; 32]).unwrap();
    let other = Signer::new("shop.example/receipts", [5; 32]).unwrap();
    let note = deliver().sign(&signer).unwrap();
    assert_eq!(deliver().sign(&signer).unwrap(), note);
    assert_eq!(
        Receipt::open(note.as_bytes(), &[signer.verifier()]),
        Ok(deliver())
    );
    let refused = Receipt::open(note.as_bytes(), &[other.verifier()]);
    assert_eq!(refused, Err(EvidenceError::NoKnownSignature));
    let forged = note.replace("bytes 4519233", "bytes 4519234");
    assert!(Receipt::open(forged.as_bytes(), &[signer.verifier()]).is_err());
    // A note by our key that is no receipt.
    let letter = note::sign("Dear arbiter,\n", &[&signer], 0).unwrap();
    assert!(Receipt::open(letter.as_bytes(), &[signer.verifier()]).is_err());
}

#[test]
fn every_kind_needs_its_lines() {
    let signer = Signer::new("shop.example", [4; 32]).unwrap();
    for kind in Kind::ALL {
        let bare = Receipt::new(kind, ReceiptId::from_random([1; 16]), 0);
        assert!(bare.sign(&signer).is_err(), "{kind:?}");
        let mut full = deliver();
        full.kind = kind;
        full.result = Some(Sha256::of(b"derivative"));
        full.about = Some(ReceiptId::from_random([2; 16]));
        full.detail = Detail::parse("width=640,format=webp");
        let note = full.sign(&signer).unwrap();
        assert_eq!(
            Receipt::open(note.as_bytes(), &[signer.verifier()]),
            Ok(full)
        );
    }
    let mut beyond = deliver();
    beyond.time = u64::MAX;
    assert!(beyond.sign(&signer).is_err());
    let mut beyond = deliver();
    beyond.bytes = Some(u64::MAX);
    assert!(beyond.sign(&signer).is_err());
}

#[test]
fn a_text_out_of_form_is_refused() {
    let good = deliver().to_string();
    let changes = [
        ("receipt v1", "receipt v2"),
        ("type deliver", "type Deliver"),
        ("type deliver", "type grant"),
        ("type deliver", "type -"),
        ("id 1f", "id 1F"),
        ("id 1f", "id +f"),
        ("T20:41:48Z", " 20:41:48Z"),
        ("alice/drop-7", "alice/drop-7/x"),
        ("version 3", "version 03"),
        ("version 3\n", ""),
        ("version 3\n", "version 3\nversion 3\n"),
        ("bytes 4519233", "bytes -"),
        ("bytes 4519233", "bytes  4519233"),
        ("detail -", "detail "),
        ("detail -", "detail alice@example.com"),
        ("detail -", "detail Alice Example"),
        ("detail -", "name Alice"),
        ("arrived\n", "arrived"),
        ("arrived\n", "arrived\n\n"),
        ("not say", "say"),
    ];
    for (from, to) in changes {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        assert!(Receipt::parse(&bad).is_err(), "{from:?} -> {to:?}");
    }
    assert!(Receipt::parse("").is_err());
    let long = good.replace("cover.jpg", &"a".repeat(5000));
    assert!(matches!(
        Receipt::parse(&long),
        Err(EvidenceError::TooLarge { .. })
    ));
}
