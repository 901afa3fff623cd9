use super::*;

fn statement() -> Statement {
    Statement {
        creators: vec!["Alice Adair".to_owned(), "Böb <b>".to_owned()],
        copyright: Some("© 2026 Alice & Co".to_owned()),
        credit: Some("Alice's studio".to_owned()),
        licence: Some("https://example.com/licence?a=1&b=2".to_owned()),
        terms: Some("Ask first".to_owned()),
        licensor: Some("https://example.com/buy".to_owned()),
        title: Some("Harbour".to_owned()),
        description: Some("A harbour at dawn".to_owned()),
        created: Some("2026-05-17T06:30:00".to_owned()),
        keywords: vec!["sea".to_owned(), "boats".to_owned()],
    }
}

/// What a camera writes, and a stalker would like to read.
fn camera() -> Vec<u8> {
    let mut secretive = statement();
    secretive.creators.truncate(1);
    let mut tiff = exif::write(&secretive, None).unwrap();
    // A second structure with more fields, by hand: make, a GPS pointer, an Exif directory
    // with a serial number, an exposure and a maker note, a thumbnail directory.
    tiff.clear();
    let field = |tag: u16, kind: u16, count: u32, value: u32| {
        [
            tag.to_le_bytes().to_vec(),
            kind.to_le_bytes().to_vec(),
            count.to_le_bytes().to_vec(),
            value.to_le_bytes().to_vec(),
        ]
        .concat()
    };
    tiff.extend(b"II*\0\x08\0\0\0");
    tiff.extend(5_u16.to_le_bytes());
    tiff.extend(field(0x010F, 2, 4, u32::from_le_bytes(*b"Cam\0")));
    tiff.extend(field(0x0112, 3, 1, 6));
    tiff.extend(field(0x013B, 2, 4, u32::from_le_bytes(*b"Eve\0")));
    tiff.extend(field(0x8769, 4, 1, 100));
    tiff.extend(field(0x8825, 4, 1, 160));
    tiff.extend(200_u32.to_le_bytes());
    tiff.resize(100, 0);
    tiff.extend(3_u16.to_le_bytes());
    tiff.extend(field(0x8827, 3, 1, 400));
    tiff.extend(field(0x927C, 7, 4, u32::from_le_bytes(*b"NOTE")));
    tiff.extend(field(0xA431, 2, 4, u32::from_le_bytes(*b"S42\0")));
    tiff.extend([0; 4]);
    tiff.resize(160, 0);
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(field(0x0001, 2, 2, u32::from_le_bytes(*b"N\0\0\0")));
    tiff.extend([0; 4]);
    tiff.resize(260, 7);
    tiff
}

#[test]
fn xmp_says_everything_it_was_told() {
    assert_eq!(xmp::read(&xmp::write(&statement()).unwrap()), statement());
    assert_eq!(xmp::write(&Statement::default()), None);
}

#[test]
fn xmp_properties_may_be_attributes() {
    let packet = br#"<x:xmpmeta><rdf:RDF><rdf:Description rdf:about="" photoshop:Credit="Studio &amp; Co"
        xmpRights:WebStatement='https://e.com/l' exif:GPSLatitude="51,30N" aux:SerialNumber="42">
        <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">C one</rdf:li><rdf:li xml:lang="de">C zwei</rdf:li></rdf:Alt></dc:rights>
        </rdf:Description></rdf:RDF></x:xmpmeta>"#;
    let read = xmp::read(packet);
    assert_eq!(read.credit.as_deref(), Some("Studio & Co"));
    assert_eq!(read.licence.as_deref(), Some("https://e.com/l"));
    assert_eq!(read.copyright.as_deref(), Some("C one"));
    let written = String::from_utf8(xmp::write(&read).unwrap()).unwrap();
    assert!(!written.contains("GPS") && !written.contains("42"));
}

#[test]
fn iptc_says_what_it_has_room_for() {
    let read = iptc::read(&iptc::write(&statement()).unwrap());
    assert_eq!(read.creators, statement().creators);
    assert_eq!(
        (read.copyright, read.credit),
        (statement().copyright, statement().credit)
    );
    assert_eq!(
        (read.title, read.keywords),
        (statement().title, statement().keywords)
    );
    assert_eq!(iptc::write(&Statement::default()), None);
    assert_eq!(
        iptc::read(b"8BIM\x04\x04\0\0\0\0\xFF\xFF\x1C\x02"),
        Statement::default()
    );
}

#[test]
fn exif_says_whose_and_forgets_where_and_with_which_camera() {
    assert_eq!(exif::orientation(&camera()), Some(6));
    let read = exif::read(&camera());
    assert_eq!(read.creators, ["Eve"]);
    let facts = Facts {
        exif: Some(camera()),
        ..Facts::default()
    };
    let kept = carry(&facts, Metadata::Keep).exif.unwrap();
    let strings =
        |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(strings(&kept, b"Cam") && strings(&kept, b"Eve"));
    assert!(!strings(&kept, b"S42") && !strings(&kept, b"NOTE") && !strings(&kept, &[0x25, 0x88]));
    assert_eq!(exif::orientation(&kept), None);
    let copyright = carry(&facts, Metadata::Copyright).exif.unwrap();
    assert!(strings(&copyright, b"Eve") && !strings(&copyright, b"Cam"));
    assert_eq!(carry(&facts, Metadata::None), Packets::default());
    assert_eq!(carry(&Facts::default(), Metadata::Keep), Packets::default());
}

#[test]
fn xmp_goes_before_iptc_and_that_before_exif() {
    let named = |name: &str| Statement {
        creators: vec![name.to_owned()],
        ..Statement::default()
    };
    let facts = Facts {
        exif: Some(camera()),
        photoshop: iptc::write(&named("Iptc")),
        xmp: xmp::write(&Statement {
            credit: Some("Credit".to_owned()),
            ..Statement::default()
        }),
        icc: None,
    };
    let carried = xmp::read(&carry(&facts, Metadata::Copyright).xmp.unwrap());
    assert_eq!(
        (carried.creators, carried.credit.as_deref()),
        (vec!["Iptc".to_owned()], Some("Credit"))
    );
}

#[test]
fn rubbish_is_not_metadata() {
    for length in 0..60 {
        let rubbish: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(37)).collect();
        let facts = Facts {
            exif: Some([b"II*\0\x08\0\0\0\xFF\xFF".as_slice(), &rubbish].concat()),
            xmp: Some([b"<rdf:Description dc:creator='".as_slice(), &rubbish].concat()),
            photoshop: Some([b"8BIM\x04\x04\0\0\0\0\0\x20".as_slice(), &rubbish].concat()),
            icc: None,
        };
        let _whatever = carry(&facts, Metadata::Keep);
    }
}

#[test]
fn long_texts_are_cut_between_characters() {
    let mut long = Statement {
        copyright: Some("é".repeat(5000)),
        keywords: vec!["x".to_owned(); 90],
        ..Statement::default()
    };
    long.shorten();
    assert_eq!(
        (long.copyright.unwrap().len(), long.keywords.len()),
        (MAX_TEXT, MAX_ITEMS)
    );
}
