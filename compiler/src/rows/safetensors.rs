//! The safetensors format: eight bytes with the length of a JSON header, the header (type, axes and bytes of each tensor by its name), the
//! numbers; all little endian.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A file in memory.
pub struct File<'a> {
    tensors: BTreeMap<String, Entry>,
    data: &'a [u8],
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// One tensor.
pub struct Tensor<'a> {
    /// Its axes.
    pub shape: Vec<usize>,
    dtype: &'a str,
    bytes: &'a [u8],
}

impl<'a> File<'a> {
    /// The tensors of a file.
    ///
    /// # Errors
    /// Why the bytes are no such file.
    pub fn read(bytes: &'a [u8]) -> Result<File<'a>, String> {
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or("it ends before its header")?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok().filter(|n| *n <= rest.len());
        let (header, data) = rest.split_at(length.ok_or("its header is longer than the file")?);
        let header: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(header).map_err(|_| "its header is no JSON")?;
        let mut tensors = BTreeMap::new();
        for (name, entry) in header.into_iter().filter(|(name, _)| name != "__metadata__") {
            let entry: Entry = serde_json::from_value(entry)
                .map_err(|_| format!("what it says of `{name}` cannot be read"))?;
            let [from, to] = entry.data_offsets;
            if data.get(from..to).is_none() {
                return Err(format!("`{name}` lies beyond its end"));
            }
            tensors.insert(name, entry);
        }
        Ok(File { tensors, data })
    }

    /// The names of its tensors.
    pub fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<Tensor<'_>> {
        let e = self.tensors.get(name)?;
        let [from, to] = e.data_offsets;
        Some(Tensor { shape: e.shape.clone(), dtype: &e.dtype, bytes: self.data.get(from..to)? })
    }
}

impl Tensor<'_> {
    /// Its numbers in C order, as 32-bit floats.
    ///
    /// # Errors
    /// A type that is no floating-point number of 16, 32 or 64 bits; more or fewer bytes than its axes say.
    pub fn values(&self) -> Result<Vec<f32>, String> {
        let all: Vec<f32> = match self.dtype {
            "F32" => self.bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            #[expect(clippy::cast_possible_truncation, reason = "weights hold 32 bits")]
            "F64" => self.bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
            "BF16" => {
                let wide = |b: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16);
                self.bytes.as_chunks::<2>().0.iter().map(wide).collect()
            }
            "F16" => self.bytes.as_chunks::<2>().0.iter().map(|b| half(u16::from_le_bytes(*b))).collect(),
            other => return Err(format!("is {other}, and weights are F16, BF16, F32 or F64")),
        };
        let size = self.shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
        match size == Some(all.len()) {
            true => Ok(all),
            false => Err(format!("holds {} numbers, which its axes are not", all.len())),
        }
    }
}

/// A 16-bit float (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        e => (1.0 + fraction / 1024.0) * 2f32.powi(e - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn each_type_of_number_is_read() {
        // 1.5 and -2 by hand: sign, exponent, fraction.
        let cases: [(&str, Vec<u8>); 4] = [
            ("F16", [0x3e00u16, 0xc000].iter().flat_map(|v| v.to_le_bytes()).collect()),
            ("BF16", [0x3fc0u16, 0xc000].iter().flat_map(|v| v.to_le_bytes()).collect()),
            ("F32", [1.5f32, -2.0].iter().flat_map(|v| v.to_le_bytes()).collect()),
            ("F64", [1.5f64, -2.0].iter().flat_map(|v| v.to_le_bytes()).collect()),
        ];
        for (dtype, data) in cases {
            let header = format!(
                r#"{{"__metadata__":{{"a":"b"}},"w":{{"dtype":"{dtype}","shape":[2],"data_offsets":[0,{}]}}}}"#,
                data.len()
            );
            let bytes = file(&header, &data);
            let read = File::read(&bytes).unwrap();
            assert_eq!(read.names(), ["w"]);
            assert_eq!(read.tensor("w").unwrap().values().unwrap(), [1.5, -2.0], "{dtype}");
        }
        // The smallest and the largest half, and a half of the smallest normal one.
        assert_eq!(half(0x0001), 2f32.powi(-24));
        assert_eq!(half(0x7bff), 65504.0);
        assert_eq!(half(0x0200), 2f32.powi(-15));
        assert!(half(0x7c01).is_nan() && half(0xfc00) == f32::NEG_INFINITY);
    }

    #[test]
    fn what_is_no_such_file_says_why() {
        let why = |bytes: &[u8]| File::read(bytes).err().unwrap();
        assert_eq!(why(b"PK"), "it ends before its header");
        assert_eq!(why(&[0xff; 16]), "its header is longer than the file");
        assert_eq!(why(&file("{", &[])), "its header is no JSON");
        let beyond = r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        assert_eq!(why(&file(beyond, &[0; 3])), "`w` lies beyond its end");
        assert_eq!(why(&file(r#"{"w":3}"#, &[])), "what it says of `w` cannot be read");
        let short = file(r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, &[0; 4]);
        let read = File::read(&short).unwrap();
        assert!(read.tensor("w").unwrap().values().unwrap_err().contains("holds 1 numbers"));
    }
}
