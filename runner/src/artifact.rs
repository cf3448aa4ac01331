//! Compiled components, kept on disk: compiling takes some hundred milliseconds,
//! loading less than one.
//!
//! A compiled artifact is machine code that is run as it stands. So it is only
//! ever taken from a directory that belongs to this user and that nobody else can
//! write, under a name made of the component's digest and the engine's settings,
//! and only whole: a checksum stands behind it.

use crate::component;
use crate::private;
use cap_std::fs::{Dir, OpenOptions};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// How many artifacts are kept: those of every adapter of a few versions.
const MOST_ARTIFACTS: usize = 64;
/// Bytes of the checksum that stands behind an artifact.
const CHECKSUM: u64 = 4;

/// Where compiled components are kept, or nowhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct ArtifactCache {
    directory: Option<PathBuf>,
}

impl ArtifactCache {
    pub(crate) fn at(directory: PathBuf) -> Self {
        Self { directory: Some(directory) }
    }

    pub(crate) fn none() -> Self {
        Self { directory: None }
    }

    /// The compiled form of a component whose digest is known.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        component: &component::Component<'_>,
    ) -> wasmtime::Result<Component> {
        let Some(directory) = self.directory.as_ref().and_then(|path| open_private(path)) else {
            return compile(engine, &component.bytes);
        };
        let name = format!("{}-{:016x}.cwasm", component.digest.hex(), settings_of(engine));
        if let Some(found) = open(&directory, &name).and_then(|file| load(engine, file)) {
            return Ok(found);
        }
        let compiled = compile(engine, &component.bytes)?;
        // Not being able to keep it costs time at the next start, nothing else.
        if let Err(error) = compiled.serialize().map(|bytes| write(&directory, &name, &bytes)) {
            tracing::debug!(%error, "the compiled adapter cannot be kept");
        }
        Ok(compiled)
    }
}

/// What is kept in a folder of compiled components, and which files of it are not what was
/// written: those are made anew when they are needed.
///
/// # Errors
/// A folder that cannot be read, or that others could have put something into.
pub fn inspect_cache(cache: &Path) -> io::Result<CacheContents> {
    let directory = private::open_existing(cache)?;
    let mut kept = CacheContents::default();
    for entry in directory.entries()? {
        let name = entry?.file_name();
        let is_artifact = Path::new(&name).extension().is_some_and(|it| it == "cwasm");
        match name.to_str().filter(|_| is_artifact) {
            Some(name) if open(&directory, name).is_some() => kept.whole += 1,
            _ => kept.spoilt.push(cache.join(name)),
        }
    }
    kept.spoilt.sort_unstable();
    Ok(kept)
}

/// See [`inspect_cache`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheContents {
    /// How many are whole.
    pub whole: usize,
    /// Those that are not, and what else is there.
    pub spoilt: Vec<PathBuf>,
}

/// Compiles with threads of its own, which are gone afterwards: a process that confines
/// itself then must not have any.
fn compile(engine: &Engine, component: &[u8]) -> wasmtime::Result<Component> {
    let threads = rayon::ThreadPoolBuilder::new();
    let compiled = threads.build_scoped(
        |thread| thread.run(),
        |threads| threads.install(|| Component::new(engine, component)),
    );
    compiled.map_err(|error| wasmtime::format_err!("the compiler does not start: {error}"))?
}

/// A number for everything that changes what the compiler makes.
fn settings_of(engine: &Engine) -> u64 {
    use std::hash::{Hash, Hasher};
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    hasher.finish()
}

/// Opens the directory; none where others could have put something into it.
fn open_private(path: &Path) -> Option<Dir> {
    match private::open(path) {
        Ok(directory) => Some(directory),
        Err(why) => {
            tracing::warn!(path = %path.display(), %why, "compiled adapters are not kept");
            None
        }
    }
}

/// The file of an artifact, if it is what was written: its checksum is compared.
fn open(directory: &Dir, name: &str) -> Option<File> {
    let mut file = directory.open(name).ok()?.into_std();
    let mut left = file.metadata().ok()?.len().checked_sub(CHECKSUM)?;
    let mut sum = crc32fast::Hasher::new();
    let mut buffer = vec![0; 64 * 1024];
    while left > 0 {
        let wanted = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = file.read(&mut buffer[..wanted]).ok().filter(|read| *read > 0)?;
        sum.update(&buffer[..read]);
        left -= read as u64;
    }
    let mut written = [0; CHECKSUM as usize];
    file.read_exact(&mut written).ok()?;
    (sum.finalize().to_le_bytes() == written).then_some(file)
}

/// Tells a file that a full disk or a fault of it has spoilt. It is not there to
/// tell forgeries, which only this user could make.
fn checksum(artifact: &[u8]) -> [u8; CHECKSUM as usize] {
    crc32fast::hash(artifact).to_le_bytes()
}

/// Writes beside and renames, so that another process never reads half a file.
fn write(directory: &Dir, name: &str, artifact: &[u8]) {
    let beside = format!("{name}.{}", std::process::id());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = directory.open_with(&beside, &options).and_then(|mut file| {
        file.write_all(artifact)?;
        file.write_all(&checksum(artifact))?;
        directory.rename(&beside, directory, name)?;
        forget_the_oldest(directory)
    });
    if let Err(error) = written {
        tracing::debug!(%error, "the compiled adapter cannot be kept");
        // It may not be there at all.
        let _ = directory.remove_file(&beside);
    }
}

/// Adapters of versions that are gone leave artifacts behind.
fn forget_the_oldest(directory: &Dir) -> io::Result<()> {
    let mut artifacts = Vec::new();
    for entry in directory.entries()? {
        let entry = entry?;
        artifacts.push((entry.metadata()?.modified()?.into_std(), entry.file_name()));
    }
    artifacts.sort_unstable();
    let too_many = artifacts.len().saturating_sub(MOST_ARTIFACTS);
    artifacts.iter().take(too_many).try_for_each(|(_, name)| directory.remove_file(name))
}

/// Maps an artifact into memory, so that only what is used of it is read again.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "an artifact is machine code; see the SAFETY note")]
fn load(engine: &Engine, file: File) -> Option<Component> {
    use std::os::fd::AsRawFd;
    // This very file, whatever has its name by now.
    let this = format!("/proc/self/fd/{}", file.as_raw_fd());
    // SAFETY: the file is what an engine of the same settings serialized: it is whole
    // (its checksum was compared), in a directory that only this user can write, and is
    // replaced and never changed. Whoever can forge it, or write to it while it is mapped,
    // can already run code as this user.
    unsafe { Component::deserialize_file(engine, this) }.ok()
}

/// Reads an artifact.
#[cfg(not(target_os = "linux"))]
#[allow(unsafe_code, reason = "an artifact is machine code; see the SAFETY note")]
fn load(engine: &Engine, mut file: File) -> Option<Component> {
    let mut artifact = Vec::new();
    io::Seek::rewind(&mut file).ok()?;
    file.read_to_end(&mut artifact).ok()?;
    artifact.truncate(artifact.len().checked_sub(CHECKSUM as usize)?);
    // SAFETY: the bytes are what an engine of the same settings serialized: they
    // come whole (their checksum was compared) from a file that only this user can
    // write, in a directory that only this user can write. Whoever can forge them
    // can already run code as this user.
    unsafe { Component::deserialize(engine, artifact) }.ok()
}
