//! The wire format of protocol buffers, as far as writing needs it: ONNX models and the events of TensorBoard are such messages.
//!
//! A message is a sequence of fields, each a key (`number << 3 | type`) and a value: a varint (type 0), eight bytes (1), four bytes (5), or
//! a length and so many bytes (2), which is also what a message within a message is. <https://protobuf.dev/programming-guides/encoding/>

/// A message that is being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    bytes: Vec<u8>,
}

/// The types of values on the wire.
const VARINT: u64 = 0;
const EIGHT_BYTES: u64 = 1;
const LENGTH: u64 = 2;
const FOUR_BYTES: u64 = 5;

impl Message {
    /// A message without fields.
    pub fn new() -> Message {
        Message::default()
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }

    fn key(&mut self, field: u64, wire: u64) {
        self.varint(field << 3 | wire);
    }

    /// A whole number (`int32`, `int64`, `bool` and enums; negative ones take ten bytes).
    #[must_use]
    pub fn int(mut self, field: u64, value: i64) -> Message {
        self.key(field, VARINT);
        self.varint(value.cast_unsigned());
        self
    }

    /// A `float`.
    #[must_use]
    pub fn float(mut self, field: u64, value: f32) -> Message {
        self.key(field, FOUR_BYTES);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// A `double`.
    #[must_use]
    pub fn double(mut self, field: u64, value: f64) -> Message {
        self.key(field, EIGHT_BYTES);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// A `bytes`.
    #[must_use]
    pub fn blob(mut self, field: u64, value: &[u8]) -> Message {
        self.key(field, LENGTH);
        self.varint(value.len() as u64);
        self.bytes.extend(value);
        self
    }

    /// A `string`.
    #[must_use]
    pub fn text(self, field: u64, value: &str) -> Message {
        self.blob(field, value.as_bytes())
    }

    /// A message.
    #[must_use]
    pub fn message(self, field: u64, value: &Message) -> Message {
        self.blob(field, &value.bytes)
    }

    /// One field for each of several values.
    #[must_use]
    pub fn each<T>(
        self,
        values: impl IntoIterator<Item = T>,
        write: impl Fn(Message, T) -> Message,
    ) -> Message {
        values.into_iter().fold(self, write)
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    /// The examples of the specification: `150` in field 1 is `08 96 01`, `testing` in field 2 is `12 07` and the letters.
    #[test]
    fn examples_of_the_specification() {
        assert_eq!(Message::new().int(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::new().text(2, "testing").into_bytes(), *b"\x12\x07testing");
        let inner = Message::new().int(1, 150);
        assert_eq!(Message::new().message(3, &inner).into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let minus = Message::new().int(1, -2).into_bytes();
        assert_eq!(minus, [0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        assert_eq!(Message::new().float(4, 1.0).into_bytes(), [0x25, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::new().double(4, 1.0).into_bytes(), [0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        assert_eq!(Message::new().each([1, 2], |m, v| m.int(1, v)).into_bytes(), [8, 1, 8, 2]);
    }
}
