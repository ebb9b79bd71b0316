//! Reading, resizing and writing of picture files, as a user of the library sees them.

use dreamer::atomic_file;
use dreamer::picture::{
    Depth, Format, Input, Limits, Output, Picture, Planes, ReadError, WriteError, WriteOptions,
    check, read, read_settings, write,
};
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use img_parts::jpeg::{Jpeg, JpegSegment, markers};
use img_parts::webp::WebP;
use img_parts::{Bytes, ImageEXIF, ImageICC};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder for one test, gone at its end.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with(&self, name: &str, content: &[u8]) -> Input {
        fs::write(self.path(name), content).unwrap();
        Input::Path(self.path(name))
    }

    fn output(&self, name: &str) -> Output {
        Output::Path(self.path(name))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

const FORCE: WriteOptions = WriteOptions { force: true, jpeg_quality: 95 };

fn read_bytes(content: &[u8]) -> Result<Picture, ReadError> {
    read(&Folder::new().with("picture", content), &Limits::default())
}

fn message(content: &[u8]) -> String {
    one_line(read_bytes(content).unwrap_err())
}

/// The text of an error, which is one line.
fn one_line(error: impl std::error::Error) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}

fn levels(picture: &Picture) -> Vec<u8> {
    picture.planes.data().iter().map(|value| (value * 255.0).round() as u8).collect()
}

fn assert_close(actual: &Picture, expected: &Picture, tolerance: f32) {
    let (actual, expected) = (&actual.planes, &expected.planes);
    assert_eq!((actual.width(), actual.height()), (expected.width(), expected.height()));
    for (a, b) in actual.data().iter().zip(expected.data()) {
        assert!((a - b).abs() <= tolerance, "{a} instead of {b}");
    }
}

/// A smooth picture whose values are all whole levels of `depth`.
fn gradient(width: usize, height: usize, depth: Depth) -> Picture {
    let top = if depth == Depth::Eight { 255.0 } else { 65535.0 };
    let value = |c: usize, y: usize, x: usize| {
        let along = [x as f32 / width as f32, y as f32 / height as f32, 0.3][c];
        (along * top).round() / top
    };
    let data = (0..3)
        .flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))))
        .map(|(c, y, x)| value(c, y, x))
        .collect();
    Picture { planes: Planes::new(width, height, data), alpha: None, depth }
}

fn with_alpha(mut picture: Picture) -> Picture {
    let pixels = picture.planes.width() * picture.planes.height();
    picture.alpha = Some((0..pixels).map(|i| (i % 256) as f32 / 255.0).collect());
    picture
}

fn file(picture: &Picture, suffix: &str) -> Vec<u8> {
    let folder = Folder::new();
    let name = format!("a.{suffix}");
    write(picture, None, &folder.output(&name), &WriteOptions::default()).unwrap();
    fs::read(folder.path(&name)).unwrap()
}

fn gif(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for level in [200, 10] {
        let pixel = image::Rgba([level, 0, 0, 255]);
        let frame = image::RgbaImage::from_pixel(width.into(), height.into(), pixel);
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    bytes
}

fn png_file(
    (width, height): (u32, u32),
    color: png::ColorType,
    depth: png::BitDepth,
    palette: Option<(&[u8], &[u8])>,
    data: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if let Some((colours, opacities)) = palette {
        encoder.set_palette(colours.to_vec());
        encoder.set_trns(opacities.to_vec());
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A big-endian TIFF of one row: a red, then a blue pixel.
fn tiff_file(orientation: u16) -> Vec<u8> {
    let mut bytes = b"MM\0\x2a\0\0\0\x0e\xff\0\0\0\0\xff".to_vec();
    let bits_at = 14 + 2 + 10 * 12 + 4;
    let tags: [(u16, u16, u32, u32); 10] = [
        (256, 3, 1, 2 << 16),                      // width
        (257, 3, 1, 1 << 16),                      // height
        (258, 3, 3, bits_at),                      // bits per sample
        (259, 3, 1, 1 << 16),                      // no compression
        (262, 3, 1, 2 << 16),                      // RGB
        (273, 4, 1, 8),                            // where the row is
        (274, 3, 1, u32::from(orientation) << 16), // orientation
        (277, 3, 1, 3 << 16),                      // samples per pixel
        (278, 3, 1, 1 << 16),                      // rows per strip
        (279, 4, 1, 6),                            // bytes of the row
    ];
    bytes.extend((tags.len() as u16).to_be_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend(tag.to_be_bytes().into_iter().chain(kind.to_be_bytes()));
        bytes.extend(count.to_be_bytes().into_iter().chain(value.to_be_bytes()));
    }
    bytes.extend([0, 0, 0, 0, 0, 8, 0, 8, 0, 8]);
    bytes
}

/// EXIF data that holds nothing but an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut bytes = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    bytes.extend([orientation, 0, 0, 0, 0, 0, 0]);
    bytes
}

fn encoded_jpeg(picture: &Picture) -> Jpeg {
    Jpeg::from_bytes(file(picture, "jpg").into()).unwrap()
}

mod reading {
    use super::*;

    #[test]
    fn the_format_is_found_from_the_content_not_from_the_name() {
        let picture = gradient(5, 4, Depth::Eight);
        let input = Folder::new();
        let named_jpg = input.with("picture.jpg", &file(&picture, "png"));
        assert_eq!(read(&named_jpg, &Limits::default()).unwrap(), picture);
    }

    #[test]
    fn every_exif_orientation_of_a_jpeg_is_turned_upright() {
        // A quarter each: red, green over blue, white.
        let colours: [[u8; 3]; 4] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3]];
        let stored = |x: usize, y: usize| colours[x / 24 + 2 * (y / 16)];
        let pixels: Vec<u8> =
            (0..32).flat_map(|y| (0..48).flat_map(move |x| stored(x, y))).collect();
        let mut bytes = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
        encoder.write_image(&pixels, 48, 32, ExtendedColorType::Rgb8).unwrap();
        let jpeg = Jpeg::from_bytes(bytes.into()).unwrap();
        // Which corner of the stored picture each corner of the upright one is, by the EXIF
        // standard: first top left, top right, then bottom left, bottom right.
        let corners = [
            [0, 1, 2, 3],
            [1, 0, 3, 2],
            [3, 2, 1, 0],
            [2, 3, 0, 1],
            [0, 2, 1, 3],
            [2, 0, 3, 1],
            [3, 1, 2, 0],
            [1, 3, 0, 2],
        ];
        for (orientation, corners) in (1..).zip(corners) {
            let mut jpeg = jpeg.clone();
            jpeg.set_exif(Some(exif(orientation).into()));
            let picture = read_bytes(&jpeg.encoder().bytes()).unwrap();
            let (width, height) = (picture.planes.width(), picture.planes.height());
            assert_eq!((width, height), if orientation < 5 { (48, 32) } else { (32, 48) });
            for (corner, stored) in corners.into_iter().enumerate() {
                let (x, y) = ((corner % 2) * (width - 1), (corner / 2) * (height - 1));
                for (channel, &level) in colours[stored].iter().enumerate() {
                    let value = picture.planes.plane(channel)[y * width + x];
                    let expected = f32::from(level) / 255.0;
                    assert!((value - expected).abs() < 0.1, "orientation {orientation}");
                }
            }
        }
    }

    #[test]
    fn the_orientation_of_png_webp_and_tiff_files_is_honoured() {
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_exif_metadata(exif(6)).unwrap();
        encoder.write_image(&[255, 0, 0, 0, 0, 255], 2, 1, ExtendedColorType::Rgb8).unwrap();
        let plain = read_bytes(&tiff_file(1)).unwrap();
        assert_eq!(levels(&plain), [255, 0, 0, 0, 0, 255]);
        let mut webp = WebP::from_bytes(file(&plain, "webp").into()).unwrap();
        webp.set_exif(Some(exif(6).into()));
        for content in [png, webp.encoder().bytes().to_vec(), tiff_file(6)] {
            let upright = read_bytes(&content).unwrap();
            assert_eq!((upright.planes.width(), upright.planes.height()), (1, 2));
            assert_eq!(levels(&upright), levels(&plain));
        }
    }

    #[test]
    fn a_broken_exif_block_is_ignored() {
        let picture = gradient(8, 8, Depth::Eight);
        let mut jpeg = encoded_jpeg(&picture);
        jpeg.set_exif(Some(Bytes::from_static(b"MM\0\x2a\xff\xff\xff\xff\0")));
        assert_close(&read_bytes(&jpeg.encoder().bytes()).unwrap(), &picture, 0.05);
    }

    #[test]
    fn sixteen_bit_grey_keeps_every_level() {
        let data: Vec<u8> =
            [0u16, 1, 40_000, 65_535].iter().flat_map(|v| v.to_be_bytes()).collect();
        let grey = png_file((4, 1), png::ColorType::Grayscale, png::BitDepth::Sixteen, None, &data);
        let picture = read_bytes(&grey).unwrap();
        assert_eq!(picture.depth, Depth::Sixteen);
        for channel in 0..3 {
            let expected = [0.0, 1.0 / 65535.0, 40_000.0 / 65535.0, 1.0];
            assert_eq!(picture.planes.plane(channel), expected);
        }
    }

    #[test]
    fn a_palette_with_transparency_gives_colours_and_alpha() {
        let palette = Some((&[255, 0, 0, 0, 255, 0][..], &[0, 255][..]));
        let indexed =
            png_file((2, 1), png::ColorType::Indexed, png::BitDepth::One, palette, &[0b0100_0000]);
        let picture = read_bytes(&indexed).unwrap();
        assert_eq!(levels(&picture), [255, 0, 0, 255, 0, 0]);
        assert_eq!(picture.alpha, Some(vec![0.0, 1.0]));
        assert_eq!(picture.depth, Depth::Eight);
    }

    #[test]
    fn grey_with_alpha_keeps_its_alpha() {
        let color = png::ColorType::GrayscaleAlpha;
        let grey = png_file((1, 1), color, png::BitDepth::Eight, None, &[102, 51]);
        let picture = read_bytes(&grey).unwrap();
        assert_eq!((levels(&picture), picture.alpha), (vec![102; 3], Some(vec![0.2])));
    }

    #[test]
    fn an_animated_gif_gives_its_first_frame_without_alpha() {
        let picture = read_bytes(&gif(3, 2)).unwrap();
        assert_eq!(picture.planes.plane(0), [200.0 / 255.0; 6]);
        assert_eq!(picture.alpha, None);
    }

    #[test]
    fn a_display_p3_picture_is_converted_to_srgb() {
        let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(profile.clone()).unwrap();
        encoder.write_image(&[128, 102, 77], 1, 1, ExtendedColorType::Rgb8).unwrap();
        // The same colour with sRGB's primaries is 0.521, 0.395, 0.287.
        let srgb = [0.521, 0.395, 0.287];
        for (value, expected) in read_bytes(&png).unwrap().planes.data().iter().zip(srgb) {
            assert!((value - expected).abs() < 2e-3, "{value} instead of {expected}");
        }

        let planes = Planes::new(16, 16, [[0.9; 256], [0.2; 256], [0.1; 256]].concat());
        let red = Picture { planes, alpha: None, depth: Depth::Eight };
        let mut jpeg = encoded_jpeg(&red);
        jpeg.set_icc_profile(Some(profile.into()));
        let converted = read_bytes(&jpeg.encoder().bytes()).unwrap();
        assert!(converted.planes.plane(0)[0] > 0.95, "sRGB has to go further to be as red");
    }

    #[test]
    fn an_srgb_profile_leaves_every_level_as_it_is() {
        let profile = moxcms::ColorProfile::new_srgb().encode().unwrap();
        let mut jpeg = encoded_jpeg(&gradient(16, 16, Depth::Eight));
        let plain = read_bytes(&jpeg.clone().encoder().bytes()).unwrap();
        jpeg.set_icc_profile(Some(profile.into()));
        assert_eq!(read_bytes(&jpeg.encoder().bytes()).unwrap(), plain);
    }

    #[test]
    fn a_grey_or_broken_profile_is_taken_as_srgb() {
        let grey = moxcms::ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
        for profile in [grey, b"not a profile".to_vec()] {
            let mut jpeg = encoded_jpeg(&gradient(16, 16, Depth::Eight));
            let plain = read_bytes(&jpeg.clone().encoder().bytes()).unwrap();
            jpeg.set_icc_profile(Some(profile.into()));
            assert_eq!(read_bytes(&jpeg.encoder().bytes()).unwrap(), plain);
        }
    }

    #[test]
    fn one_pixel_and_long_thin_pictures_are_read() {
        for (width, height) in [(1, 1), (1, 5000), (5000, 1)] {
            let picture = gradient(width, height, Depth::Eight);
            assert_eq!(read_bytes(&file(&picture, "png")).unwrap(), picture);
            assert_close(&read_bytes(&file(&picture, "jpg")).unwrap(), &picture, 0.05);
        }
    }
}

mod refusing_to_read {
    use super::*;

    #[test]
    fn a_header_that_claims_too_many_pixels_is_refused_before_allocating() {
        let mut png = file(&gradient(2, 2, Depth::Eight), "png");
        png[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
        let checksum = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&checksum.to_be_bytes());
        let text = message(&png);
        assert!(text.contains("60000×60000 pixels"), "{text}");
        assert!(text.contains("more than the limit of "), "{text}");
    }

    #[test]
    fn metadata_beyond_the_end_of_a_webp_take_no_memory() {
        let picture = file(&gradient(2, 2, Depth::Eight), "webp");
        let mut webp = WebP::from_bytes(picture.into()).unwrap();
        webp.set_exif(Some(exif(6).into()));
        let mut bytes = webp.encoder().bytes().to_vec();
        let length = bytes.windows(4).position(|window| window == b"EXIF").unwrap() + 4;
        bytes[length..length + 4].copy_from_slice(&(128_u32 << 20).to_le_bytes());
        let text = message(&bytes);
        assert!(text.contains("is a damaged or truncated WebP file: "), "{text}");
        assert!(text.contains("the end of its metadata is missing"), "{text}");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
        })
    }

    #[test]
    fn the_pixel_limit_is_a_number_of_pixels_and_can_be_set() {
        let folder = Folder::new();
        for suffix in ["png", "jpg", "webp", "tiff", "bmp"] {
            let input = folder.with("a", &file(&gradient(10, 10, Depth::Eight), suffix));
            assert!(read(&input, &Limits { max_pixels: 100 }).is_ok(), "{suffix}");
            let refused = read(&input, &Limits { max_pixels: 99 }).unwrap_err();
            assert!(matches!(refused, ReadError::TooManyPixels { width: 10, .. }), "{suffix}");
        }
    }

    #[test]
    fn a_missing_file_says_so_and_names_it() {
        let text = one_line(read(&"no/such.jpg".into(), &Limits::default()).unwrap_err());
        assert!(text.starts_with("no/such.jpg does not exist; "), "{text}");
    }

    #[test]
    fn a_folder_says_so() {
        let folder = Folder::new();
        let input = Input::Path(folder.0.path().to_owned());
        let error = read(&input, &Limits::default()).unwrap_err();
        assert!(one_line(error).contains(" is a folder, not a picture"));
    }

    #[test]
    fn an_empty_file_says_so() {
        assert!(message(b"").contains(" is empty (0 bytes), not a picture"));
    }

    #[test]
    fn text_under_the_name_of_a_picture_says_so_and_lists_the_formats() {
        let folder = Folder::new();
        let error = read(&folder.with("notes.jpg", b"Dear diary,\n"), &Limits::default());
        let text = one_line(error.unwrap_err());
        assert!(
            text.contains("notes.jpg is not a picture in a supported format: its content is text")
        );
        assert!(text.ends_with("supported are JPEG, PNG, WebP, TIFF, BMP and GIF"), "{text}");
    }

    #[test]
    fn a_truncated_file_is_damaged_in_every_format() {
        let picture = gradient(40, 40, Depth::Eight);
        let mut files = vec![("gif", gif(40, 40))];
        files.extend(["png", "jpg", "webp", "tiff", "bmp"].map(|s| (s, file(&picture, s))));
        for (suffix, whole) in files {
            for part in [whole.len() / 3, whole.len() / 2, whole.len() * 3 / 4] {
                // The second frame of a GIF is not looked at.
                if suffix == "gif" && part > whole.len() / 3 {
                    continue;
                }
                let error = read_bytes(&whole[..part]).unwrap_err();
                assert!(matches!(error, ReadError::Damaged { .. }), "{suffix}: {error}");
                assert!(one_line(error).ends_with("use an intact copy"));
            }
        }
    }

    #[test]
    fn a_jpeg_that_lacks_only_its_end_is_damaged() {
        let jpeg = file(&gradient(40, 40, Depth::Eight), "jpg");
        let text = message(&jpeg[..jpeg.len() - 2]);
        assert!(text.contains("its end-of-image marker is missing"), "{text}");
    }

    /// How many places of each file are damaged in turn.
    const PLACES: usize = 40;

    #[test]
    fn damaged_bytes_never_panic() {
        let folder = Folder::new();
        let limits = Limits { max_pixels: 4096 };
        let picture = with_alpha(gradient(9, 7, Depth::Eight));
        let mut files = vec![gif(9, 7), tiff_file(3)];
        files.extend(["png", "jpg", "webp", "tiff", "bmp"].map(|s| file(&picture, s)));
        let mut profiled = encoded_jpeg(&picture);
        profiled.set_exif(Some(exif(5).into()));
        let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        profiled.set_icc_profile(Some(profile.into()));
        files.push(profiled.encoder().bytes().to_vec());
        for whole in files {
            for position in (0..whole.len()).step_by(whole.len().div_ceil(PLACES)) {
                let mut bytes = whole.clone();
                let _ = read(&folder.with("cut", &whole[..position]), &limits);
                bytes[position] ^= 1 << (position % 8);
                let _ = read(&folder.with("flipped", &bytes), &limits);
                let _ = read_settings(&bytes);
                bytes[position] = 0xFF;
                let _ = read(&folder.with("overwritten", &bytes), &limits);
            }
        }
    }
}

mod writing {
    use super::*;

    #[test]
    fn lossless_formats_give_back_what_was_written() {
        for (suffix, depth, alpha) in [
            ("png", Depth::Eight, true),
            ("png", Depth::Sixteen, true),
            ("png", Depth::Sixteen, false),
            ("tiff", Depth::Eight, true),
            ("tif", Depth::Sixteen, false),
            ("webp", Depth::Eight, true),
            ("bmp", Depth::Eight, false),
        ] {
            let plain = gradient(17, 11, depth);
            let picture = if alpha { with_alpha(plain) } else { plain };
            assert_eq!(read_bytes(&file(&picture, suffix)).unwrap(), picture, "{suffix}");
        }
    }

    #[test]
    fn a_jpeg_is_close_to_what_was_written() {
        let picture = gradient(64, 48, Depth::Eight);
        assert_close(&read_bytes(&file(&picture, "jpg")).unwrap(), &picture, 0.04);
    }

    #[test]
    fn jpeg_quality_trades_size_for_closeness() {
        let folder = Folder::new();
        let picture = gradient(64, 64, Depth::Eight);
        let size = |jpeg_quality| {
            let options = WriteOptions { force: true, jpeg_quality };
            write(&picture, None, &folder.output("a.jpg"), &options).unwrap();
            fs::metadata(folder.path("a.jpg")).unwrap().len()
        };
        assert!(size(30) < size(100));
    }

    #[test]
    fn formats_without_alpha_drop_it_and_keep_the_colours() {
        let picture = with_alpha(gradient(16, 16, Depth::Eight));
        for suffix in ["jpg", "bmp"] {
            let read = read_bytes(&file(&picture, suffix)).unwrap();
            assert_eq!(read.alpha, None);
            assert_close(&read, &picture, 0.05);
        }
    }

    #[test]
    fn formats_of_8_bits_round_16_bits_to_the_nearest_level() {
        let planes = Planes::filled(1, 1, 100.4 / 255.0);
        let picture = Picture { planes, alpha: None, depth: Depth::Sixteen };
        assert_eq!(levels(&read_bytes(&file(&picture, "bmp")).unwrap()), [100; 3]);
    }

    #[test]
    fn values_outside_the_unit_range_are_limited() {
        let planes = Planes::new(1, 1, vec![-1.0, f32::NAN, 2.0]);
        let picture = Picture { planes, alpha: None, depth: Depth::Eight };
        assert_eq!(levels(&read_bytes(&file(&picture, "png")).unwrap()), [0, 0, 255]);
    }

    #[test]
    fn a_png_says_that_it_is_srgb() {
        let png = file(&gradient(2, 2, Depth::Eight), "png");
        let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        assert!(reader.info().srgb.is_some());
    }

    #[test]
    fn nothing_but_the_picture_is_left_in_the_folder() {
        let folder = Folder::new();
        let picture = gradient(4, 4, Depth::Eight);
        check(&folder.output("a.png"), false).unwrap();
        assert_eq!(folder.names(), [""; 0]);
        write(&picture, None, &folder.output("a.png"), &FORCE).unwrap();
        assert_eq!(folder.names(), ["a.png"]);
    }

    #[test]
    fn force_overwrites_an_existing_file() {
        let folder = Folder::new();
        folder.with("a.png", b"old");
        let output = folder.output("a.png");
        check(&output, true).unwrap();
        write(&gradient(4, 4, Depth::Eight), None, &output, &FORCE).unwrap();
        assert!(read(&Input::Path(folder.path("a.png")), &Limits::default()).is_ok());
    }

    #[cfg(unix)]
    mod on_unix {
        use super::*;
        use std::os::unix::fs::{PermissionsExt, symlink};

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        #[test]
        fn a_new_file_has_the_permissions_of_any_new_file() {
            let folder = Folder::new();
            folder.with("other", b"");
            write(&gradient(2, 2, Depth::Eight), None, &folder.output("a.png"), &FORCE).unwrap();
            assert_eq!(mode(&folder.path("a.png")), mode(&folder.path("other")));
        }

        #[test]
        fn an_overwritten_file_keeps_its_permissions() {
            let folder = Folder::new();
            folder.with("a.png", b"old");
            fs::set_permissions(folder.path("a.png"), fs::Permissions::from_mode(0o606)).unwrap();
            write(&gradient(2, 2, Depth::Eight), None, &folder.output("a.png"), &FORCE).unwrap();
            assert_eq!(mode(&folder.path("a.png")), 0o606);
        }

        #[test]
        fn the_file_a_link_points_to_is_written_and_the_link_stays() {
            let folder = Folder::new();
            fs::create_dir(folder.path("inside")).unwrap();
            symlink("inside/target.png", folder.path("link.png")).unwrap();
            let output = folder.output("link.png");
            let picture = gradient(2, 2, Depth::Eight);
            write(&picture, None, &output, &WriteOptions::default()).unwrap();
            assert!(fs::symlink_metadata(folder.path("link.png")).unwrap().is_symlink());
            let target = Input::Path(folder.path("inside/target.png"));
            assert_eq!(read(&target, &Limits::default()).unwrap(), picture);
            assert!(matches!(
                check(&output, false),
                Err(WriteError::File(atomic_file::WriteError::Exists { .. }))
            ));
        }

        #[test]
        fn a_circle_of_links_is_an_error() {
            let folder = Folder::new();
            symlink("b.png", folder.path("a.png")).unwrap();
            symlink("a.png", folder.path("b.png")).unwrap();
            assert!(one_line(check(&folder.output("a.png"), true).unwrap_err()).contains("a.png"));
        }

        #[test]
        fn a_device_is_written_into_without_force() {
            let device = Output::Path("/dev/null".into());
            check(&device, false).unwrap();
            let options = WriteOptions::default();
            write(&gradient(2, 2, Depth::Eight), None, &device, &options).unwrap();
            assert!(!fs::metadata("/dev/null").unwrap().is_file());
        }

        #[cfg(target_os = "linux")]
        #[test]
        fn a_full_device_is_one_line_that_says_so() {
            let full = Output::Path("/dev/full".into());
            let error = write(&gradient(2, 2, Depth::Eight), None, &full, &FORCE).unwrap_err();
            assert!(one_line(error).starts_with("/dev/full cannot be written: the disk is full"));
        }
    }
}

mod refusing_to_write {
    use super::*;

    #[test]
    fn an_existing_file_is_kept_unless_forced() {
        let folder = Folder::new();
        folder.with("a.png", b"precious");
        let output = folder.output("a.png");
        let expected = format!("{output} already exists");
        assert_eq!(one_line(check(&output, false).unwrap_err()), expected);
        let options = WriteOptions::default();
        let error = write(&gradient(2, 2, Depth::Eight), None, &output, &options).unwrap_err();
        assert_eq!(one_line(error), expected);
        assert_eq!(fs::read(folder.path("a.png")).unwrap(), b"precious");
    }

    #[test]
    fn an_unknown_suffix_lists_the_known_ones() {
        let folder = Folder::new();
        let text = one_line(check(&folder.output("a.xyz"), false).unwrap_err());
        assert!(text.contains("a.xyz") && text.contains(".jpeg"), "{text}");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = Folder::new();
        let text = one_line(check(&folder.output("b/a.png"), false).unwrap_err());
        assert!(text.contains(&format!("there is no folder {}", folder.path("b").display())));
    }

    #[test]
    fn a_folder_is_not_overwritten_even_if_forced() {
        let folder = Folder::new();
        fs::create_dir(folder.path("a.png")).unwrap();
        let error = check(&folder.output("a.png"), true).unwrap_err();
        assert!(matches!(error, WriteError::File(atomic_file::WriteError::Folder { .. })));
    }

    #[test]
    fn standard_output_passes_the_check() {
        assert!(check(&Output::Stdout(Format::Png), false).is_ok());
    }
}

mod settings {
    use super::*;

    fn stored(suffix: &str, settings: Option<&str>) -> Option<String> {
        let folder = Folder::new();
        let name = format!("a.{suffix}");
        write(&gradient(9, 9, Depth::Eight), settings, &folder.output(&name), &FORCE).unwrap();
        let bytes = fs::read(folder.path(&name)).unwrap();
        assert!(read_bytes(&bytes).is_ok());
        read_settings(&bytes).unwrap()
    }

    #[test]
    fn settings_are_read_back_from_png_and_jpeg() {
        let text = r#"{"layer":"inception4c","note":"größer ✨"}"#;
        assert_eq!(stored("png", Some(text)).as_deref(), Some(text));
        assert_eq!(stored("jpg", Some(text)).as_deref(), Some(text));
    }

    #[test]
    fn settings_longer_than_a_jpeg_segment_are_read_back() {
        let text = "ü".repeat(100_000);
        assert_eq!(stored("jpg", Some(&text)), Some(text));
    }

    #[test]
    fn files_without_settings_have_none() {
        for suffix in ["png", "jpg", "webp", "tiff", "bmp"] {
            assert_eq!(stored(suffix, None), None, "{suffix}");
        }
        assert_eq!(read_settings(b"text").unwrap(), None);
    }

    #[test]
    fn comments_by_others_are_not_settings() {
        let mut jpeg = encoded_jpeg(&gradient(9, 9, Depth::Eight));
        let comment = JpegSegment::new_with_contents(markers::COM, Bytes::from_static(b"hello"));
        jpeg.segments_mut().insert(1, comment);
        assert_eq!(read_settings(&jpeg.encoder().bytes()).unwrap(), None);
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let png = file(&gradient(9, 9, Depth::Eight), "png");
        assert!(one_line(read_settings(&png[..20]).unwrap_err()).contains("PNG"));
    }
}
