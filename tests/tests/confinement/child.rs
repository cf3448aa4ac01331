//! The process that tries. What comes of it is told on standard output, one line for each
//! attempt: its name, a tab, and an error number or `done`.

use crate::attempts::{ATTEMPTS, NEEDS, World};
use hotcell::confinement::{ConfinementError, ConfinementMode};
use hotcell::types::ChatRequest;
use hotcell::{Config, Runner, SetupError, bundle};
use hotcell_mock::Mock;
use hotcell_tests::component::{manifest, with_manifest};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The first argument of such a process.
pub(crate) const CHILD: &str = "a-process-of-the-red-team";

/// `CHILD confined|free WHAT URL FOLDER PORT`
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let arguments: Vec<String> = arguments.collect();
    let [how, what, url, folder, port] = &arguments[..] else { return ExitCode::from(2) };
    let folder = PathBuf::from(folder);
    let runner = match what.as_str() {
        "ask-with-identity" => runner_with_identity(url, &folder, port),
        _ => runner(url, &folder),
    };
    match what.as_str() {
        "with-a-thread" => return with_a_thread(&runner),
        "on-an-old-kernel" => return on_an_old_kernel(&runner, how),
        _ => {}
    }
    runner.prepare("provider").expect("the provider is set up");
    if how == "confined" {
        let report = runner.confinement().enforce(ConfinementMode::Attempt).expect("it is tried");
        report.outcomes().iter().for_each(|(measure, outcome)| println!("{measure}\t{outcome}"));
    }
    match what.as_str() {
        "try" => attempt(&World { folder: &folder, port: port.parse().expect("a port") }),
        "ask" => ask(&runner),
        "ask-with-identity" => {
            println!("waiting\tdone");
            // Until another token is in the file.
            let _ = io::stdin().read_to_end(&mut Vec::new());
            ask(&runner);
        }
        "wait" => {
            println!("waiting\tdone");
            // Until the test has seen enough.
            let _ = io::stdin().read_to_end(&mut Vec::new());
        }
        "crash" => std::process::abort(),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}

/// One whose provider's key comes from a program, which cannot be started later.
fn runner(url: &str, folder: &Path) -> Runner {
    let text = format!(
        "[providers.provider]\nadapter = \"openai\"\nendpoints.api = \"{url}\"\n\
         secrets.api-key = \"cmd:echo {}\"\nallow-private = true\nallow-plaintext = true\n",
        Mock::KEY
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).expect("it is one");
    let builder = Runner::builder().config(config).cache(Some(folder.join("cache")));
    builder.build().expect("the sandbox starts")
}

/// One whose provider wants a token, for an application that a file vouches for.
fn runner_with_identity(url: &str, folder: &Path, port: &str) -> Runner {
    let openai = bundle::adapter("openai").expect("it is bundled").component();
    let bearer = "{ scheme = \"bearer\", secret = \"api-key\" }";
    let entra = "{ scheme = \"entra\", scope = \"https://a.example/.default\" }";
    let component = with_manifest(openai, &manifest(openai).replace(bearer, entra));
    let text = format!(
        "[providers.provider]\nadapter = \"component\"\nendpoints.api = \"{url}\"\n\
         identity = \"entra-workload:tenant/client{}\"\n\
         identity-origin = \"http://127.0.0.1:{port}\"\n\
         allow-private = true\nallow-plaintext = true\n",
        folder.join("tokens/token").display()
    );
    let config = Config::parse(&text, Path::new("hotcell.toml")).expect("it is one");
    let builder = Runner::builder().config(config).cache(Some(folder.join("cache")));
    builder.adapter("component", component).build().expect("the sandbox starts")
}

fn attempt(world: &World<'_>) {
    for attempt in ATTEMPTS {
        tell(attempt.name, (attempt.make)(world));
    }
    #[cfg(target_arch = "x86_64")]
    tell("call by another number", crate::attempts::by_another_number());
    for (name, need) in NEEDS {
        tell(name, need());
    }
}

/// A request through the wall, to the provider on loopback.
fn ask(runner: &Runner) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let answer = runtime.expect("it starts").block_on(async {
        let answer = runner.chat("provider/model", ChatRequest::user("hello")).await?;
        answer.collect().await
    });
    match answer {
        Ok(answer) => println!(
            "answer\t{}",
            answer.choices.first().map(hotcell::Choice::text).unwrap_or_default()
        ),
        Err(error) => println!("answer\t{error}"),
    }
}

fn with_a_thread(runner: &Runner) -> ExitCode {
    let (_keep, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || wait.recv());
    let refused = runner.confinement().apply();
    let passed = refused == Err(ConfinementError::Threads(2)) && !thread.is_finished();
    println!("refused\t{}", if passed { "done" } else { "no" });
    let required = runner.confinement().enforce(ConfinementMode::Require);
    println!("required\t{}", required.map_or_else(|error| error.to_string(), |_| "no".into()));
    ExitCode::SUCCESS
}

/// A kernel that lacks something, or a container that forbids it, is played by a filter.
fn on_an_old_kernel(runner: &Runner, mode: &str) -> ExitCode {
    let lacks = |call: i64, errno: i32| {
        let (allow, refuse) = (SeccompAction::Allow, SeccompAction::Errno(errno as u32));
        let arch = std::env::consts::ARCH.try_into().expect("it is known");
        let filter = SeccompFilter::new([(call, vec![])].into(), allow, refuse, arch);
        let filter: BpfProgram = filter.and_then(TryInto::try_into).expect("it is a filter");
        seccompiler::apply_filter(&filter).expect("filters are to be had");
    };
    lacks(libc::SYS_landlock_create_ruleset, libc::ENOSYS);
    lacks(libc::SYS_seccomp, libc::EPERM);
    let report = match mode {
        "required" => match runner.confinement().enforce(ConfinementMode::Require) {
            Err(SetupError::Confinement { report }) => report,
            other => panic!("{other:?}"),
        },
        _ => runner.confinement().enforce(ConfinementMode::Attempt).expect("it is tried"),
    };
    report.outcomes().iter().for_each(|(measure, outcome)| println!("{measure}\t{outcome}"));
    println!("whole\t{}", report.is_complete());
    ExitCode::SUCCESS
}

fn tell(name: &str, result: io::Result<()>) {
    match result.map_err(|error| (error.raw_os_error(), error)) {
        Ok(()) => println!("{name}\tdone"),
        Err((Some(errno), _)) => println!("{name}\t{errno}"),
        Err((None, error)) => println!("{name}\t{error}"),
    }
}
