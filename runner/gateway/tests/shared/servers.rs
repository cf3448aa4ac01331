//! Real servers of PostgreSQL and Valkey on loopback, as a system's packages have them, that
//! can be killed and started again. They have a folder of their own, and are gone with the test.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The password of both. No test may find it anywhere else.
pub(crate) const PASSWORD: &str = "a word: that/opens@everything";
/// Who a server runs as where the tests run as root: PostgreSQL refuses root.
const NOBODY: u32 = 65534;
/// How long a server may take to be there, on a slow machine.
const STARTING: Duration = Duration::from_secs(60);

/// A server of PostgreSQL's.
pub(crate) struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Postgres {
    /// A new one; none where it is not installed, which is said then.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs_with(&["initdb", "postgres", "psql"]) else {
            eprintln!("SKIPPED: PostgreSQL is not installed (Debian: postgresql)");
            return None;
        };
        let folder = folder();
        let word = folder.path().join("word");
        fs::write(&word, PASSWORD).unwrap();
        own(&word);
        let mut made = as_nobody(&programs.join("initdb"));
        made.args(["--no-sync", "-A", "scram-sha-256", "-U", "hotcell", "-E", "UTF8"]);
        made.arg("--pwfile").arg(&word).arg("-D").arg(folder.path().join("data"));
        let made = made.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut server = Self { folder, programs, port: free_port(), child: None };
        server.restart();
        Some(server)
    }

    /// Starts it again, and waits until it answers.
    pub(crate) fn restart(&mut self) {
        let until = Instant::now() + STARTING;
        let data = self.folder.path().join("data");
        loop {
            let child = as_nobody(&self.programs.join("postgres"))
                .arg("-D")
                .arg(&data)
                .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
                // The machine does not lose its power; the server does, and what it wrote is there.
                .args(["-c", "fsync=off", "-p"])
                .arg(self.port.to_string())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            // Where the one before is not quite gone, this one ends at once.
            let child = self.child.insert(child);
            while child.try_wait().unwrap().is_none() {
                if psql(&self.programs, self.port, "SELECT 1").is_ok() {
                    return;
                }
                assert!(Instant::now() < until, "PostgreSQL does not start");
                thread::sleep(Duration::from_millis(20));
            }
            assert!(Instant::now() < until, "PostgreSQL does not start");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it and all of its processes.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let id = child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        child.kill().unwrap();
        child.wait().unwrap();
        for id in children.unwrap_or_default().split_whitespace() {
            // It may be gone already.
            let _ = Command::new("kill").args(["-KILL", id]).stderr(Stdio::null()).status();
        }
    }

    /// Its address, and the password within.
    pub(crate) fn url(&self) -> String {
        let word = PASSWORD.replace(' ', "%20").replace(':', "%3A").replace('/', "%2F");
        let word = word.replace('@', "%40");
        format!("postgres://hotcell:{word}@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// Its address without.
    pub(crate) fn plain_url(&self) -> String {
        Self::plain_url_at(self.port)
    }

    /// The same where it is reached at another port.
    pub(crate) fn plain_url_at(port: u16) -> String {
        format!("postgres://hotcell@127.0.0.1:{port}/postgres?sslmode=disable")
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it says to a statement, one line for each row.
    pub(crate) fn sql(&self, statement: &str) -> String {
        psql(&self.programs, self.port, statement).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn psql(programs: &Path, port: u16, statement: &str) -> Result<String, String> {
    let output = Command::new(programs.join("psql"))
        .env("PGPASSWORD", PASSWORD)
        .env("PGCONNECT_TIMEOUT", "5")
        .args(["-h", "127.0.0.1", "-U", "hotcell", "-d", "postgres", "-Atqw", "-p"])
        .arg(port.to_string())
        .args(["-v", "ON_ERROR_STOP=1", "-c", statement])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A server of Valkey's, or of Redis's where that is installed.
pub(crate) struct Valkey {
    folder: TempDir,
    program: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Valkey {
    /// A new one; none where neither is installed, which is said then.
    pub(crate) fn start() -> Option<Self> {
        let found = ["valkey-server", "redis-server"].into_iter().find_map(|name| {
            let programs = programs_with(&[name])?;
            Some(programs.join(name))
        });
        let Some(program) = found else {
            eprintln!("SKIPPED: Valkey is not installed (Debian: valkey-server or redis-server)");
            return None;
        };
        let mut server = Self { folder: folder(), program, port: free_port(), child: None };
        server.restart();
        Some(server)
    }

    /// Starts it again, with nothing in it, and waits until it answers.
    pub(crate) fn restart(&mut self) {
        let until = Instant::now() + STARTING;
        let child = as_nobody(&self.program)
            .current_dir(self.folder.path())
            .args(["--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD, "--port"])
            .arg(self.port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let child = self.child.insert(child);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "Valkey does not start");
            assert!(Instant::now() < until, "Valkey does not start");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// It takes connections, and answers nothing.
    pub(crate) fn stop(&self) {
        self.signal("-STOP");
    }

    /// It goes on where it stopped.
    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address, without the password.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Valkey {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A file with a text in it, in a folder.
pub(crate) fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    file
}

fn programs_with(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Where Debian has those that nobody calls by hand.
    match fs::read_dir("/usr/lib/postgresql") {
        Ok(versions) => {
            folders.extend(versions.map(|version| version.unwrap().path().join("bin")));
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
    }
    folders.into_iter().find(|folder| names.iter().all(|name| folder.join(name).is_file()))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn as_nobody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let id = NOBODY.to_string();
    command.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--"]).arg(program);
    command
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    own(folder.path());
    folder
}

fn own(path: &Path) {
    if is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
