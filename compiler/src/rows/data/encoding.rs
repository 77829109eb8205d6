//! Text files of other programs as UTF-8.

use std::borrow::Cow;

/// What the bytes 0x80 to 0x9f are in Windows-1252 (<https://encoding.spec.whatwg.org/#windows-1252>); elsewhere it is Latin-1.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// A text without the mark at its start, and what was decided about its encoding where it is not UTF-8.
pub(super) fn decoded(bytes: &[u8]) -> (Cow<'_, [u8]>, Option<String>) {
    let units = |rest: &[u8], read: fn([u8; 2]) -> u16| {
        let all: Vec<u16> =
            rest.chunks_exact(2).filter_map(|c| Some(read([*c.first()?, *c.get(1)?]))).collect();
        (Cow::Owned(String::from_utf16_lossy(&all).into_bytes()), Some("read as UTF-16".to_string()))
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] if std::str::from_utf8(rest).is_ok() => (Cow::Borrowed(rest), None),
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        _ if std::str::from_utf8(bytes).is_ok() => (Cow::Borrowed(bytes), None),
        _ => {
            let one = |b: &u8| match b {
                0x80..=0x9f => WINDOWS.get(usize::from(b - 0x80)).copied().unwrap_or('\u{fffd}'),
                _ => char::from(*b),
            };
            let text: String = bytes.iter().map(one).collect();
            (Cow::Owned(text.into_bytes()), Some("read as Windows-1252, since it is not UTF-8".to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn other_encodings_are_read_and_told() {
        let text = |bytes: &[u8]| {
            let (text, said) = decoded(bytes);
            (String::from_utf8(text.into_owned()).unwrap_or_default(), said.is_some())
        };
        assert_eq!(text("ä€".as_bytes()), ("ä€".into(), false));
        assert_eq!(text(b"\xef\xbb\xbfa"), ("a".into(), false));
        assert_eq!(text(b"Stra\xdfe, 5 \x80"), ("Straße, 5 €".into(), true));
        assert_eq!(text(b"\xff\xfea\0\xac\x20"), ("a€".into(), true));
        assert_eq!(text(b"\xfe\xff\0a\x20\xac"), ("a€".into(), true));
        assert_eq!(text(b""), (String::new(), false));
    }
}
