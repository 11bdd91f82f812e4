use super::*;
use image::{
    ExtendedColorType, ImageEncoder, Rgb,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};

const WHITE: Rgb<u8> = Rgb([255, 255, 255]);
const INK: Rgb<u8> = Rgb([21, 26, 33]);
const TEAL: Rgb<u8> = Rgb([31, 111, 107]);

fn paint(picture: &mut RgbImage, rect: (u32, u32, u32, u32), colour: Rgb<u8>) {
    let (x, y, width, height) = rect;
    for row in y..y + height {
        for column in x..x + width {
            picture.put_pixel(column, row, colour);
        }
    }
}

/// A page: a bar, lines of something like text, a button.
fn page() -> RgbImage {
    let mut page = RgbImage::from_pixel(320, 200, WHITE);
    paint(&mut page, (0, 0, 320, 28), TEAL);
    for (n, y) in (50..150).step_by(12).enumerate() {
        for x in (20..200 + n as u32 * 6).step_by(5) {
            paint(&mut page, (x, y, 3, 7), INK);
        }
    }
    paint(&mut page, (20, 165, 80, 22), TEAL);
    page
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    PngEncoder::new(&mut bytes)
        .write_image(picture.as_raw(), width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(picture)
        .unwrap();
    bytes
}

fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
    Rect {
        x,
        y,
        width,
        height,
    }
}

fn difference(compared: Compared) -> Difference {
    match compared.likeness {
        Likeness::Differs(difference) => difference,
        other => panic!("differs, but {other:?}"),
    }
}

/// The page with one change, and what is to be found.
struct Case {
    name: &'static str,
    change: fn(&mut RgbImage),
    masks: Vec<Rect>,
    changed: u64,
    regions: Vec<Rect>,
}

#[test]
fn each_change_is_counted_and_found_where_it_is() {
    let cases = [
        Case {
            name: "nothing",
            change: |_| {},
            masks: vec![],
            changed: 0,
            regions: vec![],
        },
        Case {
            name: "a hue nobody sees",
            change: |page| paint(page, (20, 165, 80, 22), Rgb([33, 113, 108])),
            masks: vec![],
            changed: 0,
            regions: vec![],
        },
        Case {
            name: "another hue, as bright as the old one, but for the outline between the two",
            change: |page| paint(page, (20, 165, 80, 22), Rgb([60, 100, 90])),
            masks: vec![],
            changed: 78 * 20,
            regions: vec![rect(21, 166, 78, 20)],
        },
        Case {
            name: "another button",
            change: |page| paint(page, (20, 165, 80, 22), Rgb([139, 43, 43])),
            masks: vec![],
            changed: 80 * 22,
            regions: vec![rect(20, 165, 80, 22)],
        },
        Case {
            name: "two changes far apart, the larger one first",
            change: |page| {
                paint(page, (250, 60, 10, 10), INK);
                paint(page, (20, 165, 80, 22), WHITE);
            },
            masks: vec![],
            changed: 100 + 80 * 22,
            regions: vec![rect(20, 165, 80, 22), rect(250, 60, 10, 10)],
        },
        Case {
            name: "one of them masked, by two masks that overlap and reach out of the picture",
            change: |page| {
                paint(page, (250, 60, 10, 10), INK);
                paint(page, (20, 165, 80, 22), WHITE);
            },
            masks: vec![rect(240, 50, 15, 30), rect(250, 55, u32::MAX, u32::MAX)],
            changed: 80 * 22,
            regions: vec![rect(20, 165, 80, 22)],
        },
        Case {
            name: "all masked",
            change: |page| paint(page, (0, 0, 320, 200), INK),
            masks: vec![rect(0, 0, 320, 200)],
            changed: 0,
            regions: vec![],
        },
        Case {
            name: "a corner",
            change: |page| paint(page, (319, 199, 1, 1), INK),
            masks: vec![],
            changed: 1,
            regions: vec![rect(319, 199, 1, 1)],
        },
    ];
    for case in cases {
        let (old, mut new) = (page(), page());
        (case.change)(&mut new);
        let compared = compare(&png(&old), &png(&new), &case.masks);
        if case.changed == 0 {
            assert_eq!(compared.likeness, Likeness::Equal, "{}", case.name);
            assert_eq!(compared.heat, None, "{}", case.name);
            continue;
        }
        let heat = decode(compared.heat.as_ref().unwrap()).unwrap();
        let found = difference(compared);
        assert_eq!(found.changed, case.changed, "{}", case.name);
        assert_eq!(found.regions, case.regions, "{}", case.name);
        assert_eq!((found.was, found.more_regions), (None, 0), "{}", case.name);
        let red = heat.pixels().filter(|p| **p == Rgb([214, 40, 32])).count();
        assert_eq!(red as u64, case.changed, "{}: the heat", case.name);
    }
}

#[test]
fn masked_pixels_are_not_part_of_the_whole() {
    let (old, mut new) = (page(), page());
    paint(&mut new, (20, 165, 80, 22), WHITE);
    let masks = [rect(0, 0, 320, 28), rect(0, 0, 100, 40)];
    let found = difference(compare(&png(&old), &png(&new), &masks));
    assert_eq!(found.of, 320 * 200 - 320 * 28 - 100 * 12);
}

#[test]
fn smoothed_edges_are_no_difference_but_a_moved_line_is() {
    // a slanted line, its edge smoothed with two slightly different offsets
    let slanted = |offset: f32| {
        RgbImage::from_fn(120, 120, |x, y| {
            let edge = x as f32 * 0.45 + 20.0 + offset;
            let cover = (edge - y as f32).clamp(0.0, 1.0);
            let grey = (255.0 - cover * 230.0) as u8;
            Rgb([grey, grey, grey])
        })
    };
    let shifted = compare(&png(&slanted(0.0)), &png(&slanted(0.4)), &[]);
    assert_eq!(shifted.likeness, Likeness::Equal);
    let moved = difference(compare(&png(&slanted(0.0)), &png(&slanted(6.0)), &[]));
    assert!(moved.changed > 400, "{moved:?}");
}

#[test]
fn what_jpeg_leaves_of_a_page_does_not_count() {
    let page = page();
    for quality in [60, 75, 80, 90] {
        // the same page through two kinds of compression, the worst that can be
        let compared = compare(&png(&page), &jpeg(&page, quality), &[]);
        let changed = match &compared.likeness {
            Likeness::Equal => 0,
            Likeness::Differs(found) => found.changed,
            Likeness::Incomparable { why } => panic!("{why}"),
        };
        println!("quality {quality}: {changed} of {}", 320 * 200);
    }
    // a change stays where it is: what it does to its blocks does not spread
    let mut other = page.clone();
    paint(&mut other, (20, 165, 80, 22), Rgb([139, 43, 43]));
    let found = difference(compare(&jpeg(&page, 80), &jpeg(&other, 80), &[]));
    let exact = 80 * 22;
    assert!(
        (exact..exact + exact / 10).contains(&found.changed),
        "{found:?}"
    );
    assert_eq!(found.regions.len(), 1);
    let [x, y] = [found.regions[0].x, found.regions[0].y];
    assert!(x >= 12 && y >= 157, "within one block: {found:?}");
}

/// The two headers of the lab's shop: 0.094 of the largest distance apart.
#[test]
fn a_header_in_another_colour_counts_whole_also_as_a_jpeg() {
    let [blue, green] = [Rgb([31, 78, 121]), Rgb([31, 111, 74])];
    let with = |colour| {
        let mut page = page();
        paint(&mut page, (0, 0, 320, 28), colour);
        paint(&mut page, (16, 10, 60, 8), WHITE);
        jpeg(&page, 70)
    };
    let found = difference(compare(&with(blue), &with(green), &[]));
    let whole = 320 * 28 - 60 * 8;
    assert!(
        (whole * 3 / 4..whole * 11 / 10).contains(&found.changed),
        "{found:?}"
    );
    assert_eq!(found.regions.len(), 1, "{found:?}");
    let page = found.regions[0];
    assert!(page.y + page.height <= 40, "within one block: {found:?}");
}

#[test]
fn another_size_is_reported_apart() {
    let old = page();
    let mut new = RgbImage::from_pixel(320, 260, WHITE);
    image::imageops::replace(&mut new, &old, 0, 0);
    let found = difference(compare(&png(&old), &png(&new), &[]));
    assert_eq!(found.changed, 0);
    assert_eq!(found.of, 320 * 200);
    assert_eq!(found.words(), "another size");
    assert_eq!(found.was.unwrap().to_string(), "320 × 200");
    assert_eq!(found.size.to_string(), "320 × 260");
}

#[test]
fn a_list_of_regions_has_an_end() {
    let (old, mut new) = (page(), page());
    for y in (32..200).step_by(34) {
        for x in (0..320).step_by(34) {
            paint(&mut new, (x, y, 2, 2), Rgb([255, 0, 255]));
        }
    }
    let found = difference(compare(&png(&old), &png(&new), &[]));
    assert_eq!(found.regions.len(), 20);
    assert!(found.more_regions > 0);
}

#[test]
fn what_is_no_picture_is_incomparable_and_says_why() {
    let good = png(&page());
    // a PNG whose head promises 60,000 × 60,000 pixels
    let mut bomb = good.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 234, 96, 0, 0, 234, 96]);
    let mut cut = good.clone();
    cut.truncate(good.len() / 2);
    let long = RgbImage::from_pixel(1, 20_001, WHITE);
    for (bytes, why) in [
        (Vec::new(), "is neither JPEG nor PNG"),
        (b"GIF89a".to_vec(), "is neither JPEG nor PNG"),
        (b"<svg/>".to_vec(), "is neither JPEG nor PNG"),
        (vec![0; MOST_BYTES + 1], "more than 32 MB"),
        (bomb, "cannot be read"),
        (cut, "cannot be read"),
        (png(&long), "cannot be read"),
    ] {
        match compare(&good, &bytes, &[]).likeness {
            Likeness::Incomparable { why: said } => {
                assert!(
                    said.starts_with("the new picture ") && said.contains(why),
                    "{said}"
                );
            }
            other => panic!("{why}: {other:?}"),
        }
    }
}

/// `PITLANE_PICTURES=a.jpeg,b.jpeg cargo test -p server pictures_of_this_machine -- --ignored --nocapture`
#[test]
#[ignore = "a tool: compares two pictures of this machine and says how long it took"]
fn pictures_of_this_machine() {
    let files = std::env::var("PITLANE_PICTURES").unwrap();
    let (old, new) = files.split_once(',').unwrap();
    let [old, new] = [old, new].map(|file| std::fs::read(file).unwrap());
    let began = std::time::Instant::now();
    let compared = compare(&old, &new, &[]);
    let took = began.elapsed();
    println!("{:?}\nin {took:?}", compared.likeness);
}
