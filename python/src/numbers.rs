//! Arrays between gmc and Python, by the buffer protocol: NumPy reads what gmc made where it lies.

use gmc_runtime::api::{Array, Named};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CStr, c_int, c_void};
use std::mem::size_of;
use std::ptr;

/// Arrays by name, as Python hands them over.
pub type Handed = Vec<(String, PyBuffer<f32>)>;
/// Arrays by name, as Python gets them.
pub type Made = Vec<(String, Numbers)>;

/// The numbers of arrays, row-major. They are copied: a model keeps its data, and Python may change an array meanwhile.
pub fn taken(py: Python<'_>, arrays: &Handed) -> PyResult<Named> {
    arrays.iter().map(|(name, a)| Ok((name.clone(), array(py, a)?))).collect()
}

/// The numbers of one array.
pub fn array(py: Python<'_>, a: &PyBuffer<f32>) -> PyResult<Array> {
    Ok(Array { shape: a.shape().to_vec(), values: a.to_vec(py)? })
}

/// Arrays as Python gets them.
pub fn given_out(made: Named) -> Made {
    made.into_iter().map(|(name, a)| (name, Numbers::single(a.values, &a.shape))).collect()
}

enum Values {
    Single(Box<[f32]>),
    Double(Box<[f64]>),
}

/// Numbers with axes, whose memory Python may read and write.
#[pyclass(module = "gmc._gmc")]
pub struct Numbers {
    values: Values,
    shape: Vec<ffi::Py_ssize_t>,
    strides: Vec<ffi::Py_ssize_t>,
}

impl Numbers {
    fn new(values: Values, shape: &[usize], size: usize) -> Numbers {
        let whole = |n: usize| ffi::Py_ssize_t::try_from(n).unwrap_or(ffi::Py_ssize_t::MAX);
        let mut strides: Vec<ffi::Py_ssize_t> = Vec::with_capacity(shape.len());
        let mut step = size;
        for n in shape.iter().rev() {
            strides.push(whole(step));
            step *= n;
        }
        strides.reverse();
        Numbers { values, shape: shape.iter().map(|n| whole(*n)).collect(), strides }
    }

    /// Of 32 bits.
    pub fn single(values: Vec<f32>, shape: &[usize]) -> Numbers {
        Numbers::new(Values::Single(values.into()), shape, size_of::<f32>())
    }

    /// Of 64 bits.
    pub fn double(values: Vec<f64>, shape: &[usize]) -> Numbers {
        Numbers::new(Values::Double(values.into()), shape, size_of::<f64>())
    }

    /// Where they lie, how many bytes they and one of them have, and their format as `struct` writes it.
    fn memory(&mut self) -> (*mut c_void, usize, usize, &'static CStr) {
        match &mut self.values {
            Values::Single(v) => (v.as_mut_ptr().cast(), size_of_val(&**v), size_of::<f32>(), c"f"),
            Values::Double(v) => (v.as_mut_ptr().cast(), size_of_val(&**v), size_of::<f64>(), c"d"),
        }
    }
}

#[pymethods]
impl Numbers {
    /// Fills a view of the numbers.
    ///
    /// # Safety
    /// Python calls it, with a view that can be written.
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("there is no view to fill"));
        }
        let mut this = slf.borrow_mut();
        let (buf, len, itemsize, format) = this.memory();
        let asked = |flag: c_int| flags & flag == flag;
        let plain = |n: usize| ffi::Py_ssize_t::try_from(n).unwrap_or(ffi::Py_ssize_t::MAX);
        let (shape, strides) = (this.shape.as_mut_ptr(), this.strides.as_mut_ptr());
        let ndim = c_int::try_from(this.shape.len()).unwrap_or(c_int::MAX);
        drop(this);
        // SAFETY: the view is Python's to be filled. It holds a reference to this object, whose memory neither moves nor ends before it, and
        // which nothing in Rust reads again.
        unsafe {
            (*view).buf = buf;
            (*view).len = plain(len);
            (*view).itemsize = plain(itemsize);
            (*view).readonly = 0;
            (*view).format =
                if asked(ffi::PyBUF_FORMAT) { format.as_ptr().cast_mut() } else { ptr::null_mut() };
            (*view).ndim = ndim;
            (*view).shape = if asked(ffi::PyBUF_ND) { shape } else { ptr::null_mut() };
            (*view).strides = if asked(ffi::PyBUF_STRIDES) { strides } else { ptr::null_mut() };
            (*view).suboffsets = ptr::null_mut();
            (*view).internal = ptr::null_mut();
            (*view).obj = slf.into_any().into_ptr();
        }
        Ok(())
    }
}
