//! Choosing where to compute: the CPU (Burn's `flex`), or a GPU through wgpu where the build has the `gpu` feature.
//!
//! Software adapters (an implementation of a graphics API on the CPU) run the GPU's code path, slowly: they are listed and
//! can be asked for by tests, but [`DeviceChoice::Auto`] and [`DeviceChoice::Gpu`] never take one.

use burn::backend::{BoolDType, Dispatch, DispatchDevice, FlexDevice, get_device_settings};
use std::fmt;
use std::sync::OnceLock;

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A hardware GPU where there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// A hardware GPU, or an error.
    Gpu,
    /// A software adapter of the GPU path, or an error: for tests of that path on machines without a GPU.
    Software,
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor, through Burn's `flex`.
    Cpu,
    /// A hardware GPU, through wgpu.
    Gpu,
    /// A GPU API emulated on the processor, through wgpu.
    Software,
}

/// One device that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The adapter's own name.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// How it is reached, for people.
    pub note: String,
}

/// An opened device; cloning is cheap.
#[derive(Clone)]
pub struct Device {
    dispatch: DispatchDevice,
    info: DeviceInfo,
    bool_dtype: BoolDType,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({:?})", self.info)
    }
}

impl Device {
    /// What it is.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }
    /// Whether it is the CPU backend, whose buffers this process can read and write.
    pub fn is_cpu(&self) -> bool {
        self.info.kind == DeviceKind::Cpu
    }
    pub(crate) fn dispatch(&self) -> &DispatchDevice {
        &self.dispatch
    }
    pub(crate) fn bool_dtype(&self) -> BoolDType {
        self.bool_dtype
    }
    fn new(dispatch: DispatchDevice, info: DeviceInfo) -> Device {
        let bool_dtype = get_device_settings::<Dispatch>(&dispatch).bool_dtype;
        Device { dispatch, info, bool_dtype }
    }
}

/// Why a device could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceError {
    /// What was asked for.
    pub wanted: DeviceChoice,
    /// What there is.
    pub found: Vec<DeviceInfo>,
    /// What to do instead.
    pub help: String,
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = match self.wanted {
            DeviceChoice::Auto => "device",
            DeviceChoice::Cpu => "CPU",
            DeviceChoice::Gpu => "GPU",
            DeviceChoice::Software => "software GPU adapter",
        };
        write!(f, "no {wanted} found; found")?;
        for (i, d) in self.found.iter().enumerate() {
            write!(f, "{} {} ({})", if i > 0 { "," } else { "" }, d.name, d.note)?;
        }
        write!(f, "; {}", self.help)
    }
}

impl std::error::Error for DeviceError {}

/// Makes the calling thread one of those that share the work of a run, so that others need not be waked for the run to go on. To be called by a
/// program's main thread, before anything runs; where the threads were started before, nothing changes.
pub fn join_threads() {
    // The error says that they were.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
}

fn cpu() -> Device {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let note = format!("Burn flex, {threads} thread{}", if threads == 1 { "" } else { "s" });
    Device::new(
        DispatchDevice::Flex(FlexDevice),
        DeviceInfo { name: "CPU".into(), kind: DeviceKind::Cpu, note },
    )
}

/// Every GPU adapter that could be opened, best first. Probed once: Burn registers a runtime for good.
fn adapters() -> &'static [Device] {
    static FOUND: OnceLock<Vec<Device>> = OnceLock::new();
    FOUND.get_or_init(probe)
}

#[cfg(not(feature = "gpu"))]
fn probe() -> Vec<Device> {
    Vec::new()
}

#[cfg(feature = "gpu")]
fn probe() -> Vec<Device> {
    use burn::tensor::DeviceKind as Kind;
    use burn::tensor::wgpu::WgpuBackend;
    let kinds = [
        (Kind::DiscreteGpu(0), DeviceKind::Gpu),
        (Kind::IntegratedGpu(0), DeviceKind::Gpu),
        (Kind::VirtualGpu(0), DeviceKind::Gpu),
        (Kind::Cpu, DeviceKind::Software),
    ];
    // The system's own interface: asking for OpenGL too makes drivers write to standard error where there is no window system.
    let api = match std::env::consts::OS {
        "linux" => WgpuBackend::Vulkan,
        "macos" => WgpuBackend::Metal,
        _ => WgpuBackend::Auto,
    };
    let mut found = Vec::new();
    for (selector, kind) in kinds {
        let options = burn::tensor::Device::wgpu_options().device_kind(selector).graphics_api(api);
        let Ok((device, setup)) = options.init_with_setup() else { continue };
        let adapter = setup.adapter.get_info();
        let how = if kind == DeviceKind::Software { "software adapter" } else { "GPU" };
        let note = format!("{how}, wgpu over {:?}", adapter.backend);
        found.push(Device::new(device.as_dispatch().clone(), DeviceInfo { name: adapter.name, kind, note }));
    }
    found
}

/// Every device of this build and machine: the CPU first, then GPUs, then software adapters.
pub fn list() -> Vec<DeviceInfo> {
    let mut all = vec![cpu().info];
    all.extend(adapters().iter().map(|d| d.info.clone()));
    all
}

/// Opens what was asked for.
///
/// # Errors
/// When there is no such device, or the build cannot reach one; the message lists what was found and how to go on.
pub fn open(choice: DeviceChoice) -> Result<Device, DeviceError> {
    let of_kind = |kind: DeviceKind| adapters().iter().find(|d| d.info.kind == kind).cloned();
    match choice {
        DeviceChoice::Cpu => Ok(cpu()),
        DeviceChoice::Auto => Ok(of_kind(DeviceKind::Gpu).unwrap_or_else(cpu)),
        DeviceChoice::Gpu => of_kind(DeviceKind::Gpu).ok_or_else(|| missing(choice)),
        DeviceChoice::Software => of_kind(DeviceKind::Software).ok_or_else(|| missing(choice)),
    }
}

fn missing(wanted: DeviceChoice) -> DeviceError {
    let help = if cfg!(feature = "gpu") {
        "check that the graphics driver is installed, or run on the CPU with `--device cpu`"
    } else {
        "this build has no GPU support: rebuild with `--features gpu`, or run on the CPU with `--device cpu`"
    };
    DeviceError { wanted, found: list(), help: help.into() }
}
