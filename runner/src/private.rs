//! Folders that belong to this user alone.

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::io;
use std::path::Path;

/// Opens a folder, making it where it is absent.
///
/// # Errors
/// What the system said, and a folder that others could have put something into.
pub(crate) fn open(path: &Path) -> io::Result<Dir> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    open_existing(path)
}

/// The same, of a folder that is there.
pub(crate) fn open_existing(path: &Path) -> io::Result<Dir> {
    let directory = Dir::open_ambient_dir(path, ambient_authority())?;
    match is_private(&directory)? {
        true => Ok(directory),
        false => Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can write to it")),
    }
}

#[cfg(unix)]
fn is_private(directory: &Dir) -> io::Result<bool> {
    use cap_std::fs::MetadataExt;
    let metadata = directory.dir_metadata()?;
    let mine = metadata.uid() == rustix::process::geteuid().as_raw();
    Ok(mine && metadata.mode() & 0o022 == 0)
}

#[cfg(not(unix))]
fn is_private(_: &Dir) -> io::Result<bool> {
    // A user's own folders are private by default elsewhere.
    Ok(true)
}
