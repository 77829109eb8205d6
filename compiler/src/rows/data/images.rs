//! `images`.

use super::labels::Labels;
use super::resize::Resize;
use super::{Column, DataIssue, DataRow, Dataset, Decoded, Host, Part, Skipped, at_most};
use super::{Declared, declared::no_cells};
use crate::event::{EventTy, Kind, Support};
use crate::rows::args::{ArgKind, Args, ParamSpec};
use std::collections::BTreeMap;

const HELP: &str = "the folder must hold PNG, JPEG or WebP files; it is looked for in the working folder";

row! {
    /// The pictures of a folder, or of a tar archive: `images("faces")`. PNG, JPEG and WebP files are read in the order of their names; files of other
    /// kinds and damaged ones are passed over and named. Each picture is cropped about its centre to the declared aspect and resized to the declared
    /// `[3, h, w]` or `[1, h, w]` (grey as 0.299 R + 0.587 G + 0.114 B, ITU-R BT.601) by averaging over the box that a pixel covers; transparency is
    /// left out, and 16 bits become 8. Yields `Real in unit`, `Real in interval(-1, 1)` or `Int(256)`, as declared. A second variable is the class:
    /// `data (x: Real[3, 32, 32] in unit, y: Class) from images("pets")` takes each folder in the folder for one, `labels: "labels.csv"` the classes of a
    /// table whose columns `file` and `label`, or first two, name files and their classes. The run splits off a test part.
    pub struct Images = "images" [
        ParamSpec { name: "folder", kind: ArgKind::Text, default: None, doc: "Path of the folder or archive." },
        ParamSpec {
            name: "labels",
            kind: ArgKind::Text,
            default: Some(""),
            doc: "Path of a table with the classes of the files.",
        },
    ];
}

/// How an event is a picture, as `[channels, rows, columns]`: `[h, w]`, `[1, h, w]`, `[3, h, w]`, and vectors of a square length of at least 16
/// (`[64]` is 8 by 8); none for all else, or for sides of more than 2048 pixels.
pub fn picture_axes(shape: &[usize]) -> Option<[usize; 3]> {
    let found = match *shape {
        [n] if n >= 16 && n.isqrt().pow(2) == n => [1, n.isqrt(), n.isqrt()],
        [h, w] => [1, h, w],
        [c @ (1 | 3), h, w] => [c, h, w],
        _ => return None,
    };
    found.iter().all(|side| (1..=2048).contains(side)).then_some(found)
}

/// More elements than this are refused.
const MOST_ELEMENTS: usize = 500_000_000;
/// Most names that a note lists.
const LISTED: usize = 5;

/// Names, some of many: `a, b and 3 more`.
fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(String::as_str).collect();
    let more = names.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// What classes are known by.
enum Classes {
    Folders(Vec<String>),
    Table(Labels),
}

impl Classes {
    fn of(args: &Args, host: &dyn Host) -> Result<Classes, DataIssue> {
        if let Some(file) = args.word_if_given("labels").filter(|f| !f.is_empty()) {
            return Ok(Classes::Table(Labels::read(file, host)?));
        }
        let folder = args.word("folder");
        let names = host
            .class_folders(folder)
            .map_err(|e| DataIssue::unreadable(&format!("folder `{folder}`"), &e, HELP))?;
        if names.is_empty() {
            return Err(DataIssue::new(
                format!("`{folder}` holds no folders with pictures, of which each would be a class"),
                "sort the pictures into one folder a class, or name their classes in a table: `labels: \"labels.csv\"`",
            ));
        }
        Ok(Classes::Folders(names))
    }

    fn names(&self) -> &[String] {
        match self {
            Classes::Folders(names) => names,
            Classes::Table(labels) => labels.names(),
        }
    }

    /// The number of a picture's class.
    fn class(&self, image: &Decoded) -> Option<f32> {
        match self {
            Classes::Folders(names) => {
                names.iter().position(|n| Some(n) == image.class.as_ref()).map(|i| i as f32)
            }
            Classes::Table(labels) => labels.class(&image.name),
        }
    }
}

/// What is read of the pictures, and what is told of them.
#[derive(Default)]
struct Read {
    n: usize,
    values: Vec<f32>,
    classes: Vec<f32>,
    sizes: BTreeMap<(usize, usize), usize>,
    alpha: Vec<String>,
    deep: Vec<String>,
    unlabelled: Vec<String>,
    issue: Option<DataIssue>,
}

impl Read {
    /// Takes a picture.
    fn take(&mut self, image: &Decoded, resize: &Resize, classes: Option<&Classes>) {
        if self.issue.is_some() {
            return;
        }
        if image.width == 0 || image.height == 0 || image.rgb.len() != 3 * image.width * image.height {
            self.issue = Some(DataIssue::new(format!("`{}` is damaged", image.name), HELP));
            return;
        }
        let class = classes.map(|c| c.class(image));
        if let Some(None) = class {
            self.unlabelled.push(image.name.clone());
            return;
        }
        self.n += 1;
        self.classes.extend(class.flatten());
        *self.sizes.entry((image.width, image.height)).or_default() += 1;
        if image.alpha {
            self.alpha.push(image.name.clone());
        }
        if image.deep {
            self.deep.push(image.name.clone());
        }
        match self.n.checked_mul(resize.size()).filter(|t| *t <= MOST_ELEMENTS) {
            Some(_) => resize.push(image, &mut self.values),
            None => {
                let message = format!("{} or more images of {} are too many", self.n, resize.shape());
                self.issue = Some(DataIssue::new(message, "declare smaller images, or use fewer"));
            }
        }
    }

    /// What was decided and passed over, a line each.
    fn notes(&self, skipped: &[Skipped]) -> Vec<String> {
        let mut notes = Vec::new();
        if self.sizes.len() > 1 {
            let mut sizes: Vec<_> = self.sizes.iter().collect();
            sizes.sort_by(|a, b| b.1.cmp(a.1));
            let all: Vec<String> = sizes.iter().map(|((w, h), n)| format!("{w} x {h} ({n})")).collect();
            notes.push(format!("pictures of {} sizes, cropped and resized: {}", all.len(), some(&all)));
        }
        let mut told = |names: &[String], what: &str| {
            if !names.is_empty() {
                notes.push(format!("{} {what}: {}", names.len(), some(names)));
            }
        };
        told(&self.alpha, "with transparency, which is left out");
        told(&self.deep, "with 16 bits a channel, which become 8");
        told(&self.unlabelled, "without a class, left out");
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for s in skipped {
            by_reason.entry(&s.why).or_default().push(s.name.clone());
        }
        for (why, names) in by_reason {
            notes.push(format!("{} passed over, {why}: {}", names.len(), some(&names)));
        }
        notes
    }
}

impl DataRow for Images {
    fn own(&self) -> bool {
        true
    }

    fn check_named(
        &self,
        args: &Args,
        declared: &[Declared<'_>],
        host: &dyn Host,
    ) -> Result<Vec<EventTy>, DataIssue> {
        no_cells("images", declared)?;
        at_most("images", &Declared::types(declared), &["an image", "its class"])?;
        let image = |ty: &EventTy| {
            let kind = match ty.kind {
                Kind::Int(256) => ty.kind,
                Kind::Real(s) if s.alike(Support::closed(-1.0, 1.0)) => ty.kind,
                Kind::Real(_) | Kind::Bool | Kind::OneHot | Kind::Int(_) | Kind::Class(_) | Kind::Count => {
                    Kind::Real(Support::UNIT)
                }
            };
            match ty.shape.as_slice() {
                [1 | 3, h, w] if *h > 0 && *w > 0 => Ok(ty.with_kind(kind)),
                _ => Err(DataIssue::new(
                    format!("images cannot be {}", ty.shape_text()),
                    "declare `[3, height, width]`, or `[1, height, width]` for grey",
                )),
            }
        };
        let mut types = Vec::new();
        for (i, d) in declared.iter().enumerate() {
            types.push(match i {
                0 => image(&d.ty)?,
                _ => EventTy { kind: Kind::Class(Classes::of(args, host)?.names().len()), shape: Vec::new() },
            });
        }
        Ok(types)
    }

    fn load(&self, args: &Args, types: &[EventTy], host: &dyn Host) -> Result<Dataset, DataIssue> {
        let folder = args.word("folder");
        let Some(ty) = types.first() else {
            return Err(DataIssue::new("no variable is declared for images", HELP));
        };
        let resize = Resize::to(ty)?;
        let classes = if types.len() > 1 { Some(Classes::of(args, host)?) } else { None };
        let folders = matches!(classes, Some(Classes::Folders(_)));
        let mut read = Read::default();
        let skipped = host
            .images(folder, folders, &mut |image| read.take(&image, &resize, classes.as_ref()))
            .map_err(|e| DataIssue::unreadable(&format!("folder `{folder}`"), &e, HELP))?;
        if let Some(issue) = read.issue {
            return Err(issue);
        }
        let notes = read.notes(&skipped);
        if read.n == 0 {
            let issue = DataIssue::new(format!("`{folder}` holds no images"), HELP);
            return Err(notes.into_iter().fold(issue, DataIssue::note));
        }
        let mut columns = vec![Column { ty: ty.clone(), values: read.values }];
        let mut labels = vec![Vec::new()];
        if let (Some(classes), Some(ty)) = (classes, types.get(1)) {
            columns.push(Column { ty: ty.clone(), values: read.classes });
            labels.push(classes.names().to_vec());
        }
        let train = Part { n: read.n, columns, ..Part::default() };
        Ok(Dataset { train, notes, labels, ..Dataset::default() })
    }
}
