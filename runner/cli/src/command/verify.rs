//! `hotcell adapter verify`: whether a component is what its source gives.

use super::adapter::{find, read};
use super::source::Source;
use crate::arguments::VerifyArguments;
use crate::problem::Problem;
use crate::render::capabilities;
use crate::render::table::facts;
use crate::render::text::{bytes, visible_line};
use crate::terminal::Terminal;
use hotcell::Config;
use hotcell::manifest::Inspection;
use serde_json::json;

pub(crate) fn run(
    arguments: &VerifyArguments,
    config: &Config,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let (source, component) = find(&arguments.adapter, config)?;
    let adapter = read(source, &component)?.inspection;
    let source = Source::open(&arguments.source, arguments.manifest.as_deref())?;
    // What an earlier build left could stand in for what the source says.
    let fresh = tempfile::tempdir()?;
    let target_dir = arguments.target_dir.as_deref().unwrap_or(fresh.path());
    let built = source.build(&std::path::absolute(target_dir)?, terminal)?;
    let built = read(capabilities::Source::File(arguments.source.clone()), &built)?.inspection;
    let verified = adapter.digest == built.digest;
    if arguments.json {
        terminal.print_json(&json!({
            "verified": verified,
            "adapter": { "digest": adapter.digest, "size": adapter.size },
            "source": { "digest": built.digest, "size": built.size },
            "same-manifest": adapter.manifest == built.manifest,
            "same-dependencies": adapter.dependencies == built.dependencies,
        }))?;
    } else {
        terminal.print(&page(&arguments.adapter, verified, &adapter, &built, terminal))?;
    }
    if verified {
        return Ok(());
    }
    let what = if adapter.manifest != built.manifest {
        "another manifest"
    } else if adapter.dependencies != built.dependencies {
        "other dependencies"
    } else {
        "other code"
    };
    let (name, folder) = (visible_line(&arguments.adapter), arguments.source.display());
    Err(Problem::finding(format!("`{folder}` gives {what} than `{name}` has")).with_help(format!(
        "is it the source of version {}, with its Cargo.lock and toolchain? To see more: \
         `hotcell adapter pack {folder} -o built.wasm`, and `hotcell adapter diff {name} built.wasm`",
        visible_line(&adapter.manifest.adapter.version)
    )))
}

fn page(
    name: &str,
    verified: bool,
    adapter: &Inspection,
    built: &Inspection,
    terminal: &Terminal,
) -> String {
    let name = visible_line(name);
    if verified {
        return format!("verified: the source gives `{name}`, byte for byte\n{}\n", adapter.digest);
    }
    let line = |one: &Inspection| format!("{}, {}", one.digest, bytes(one.size as u64));
    facts(&[("adapter", line(adapter)), ("source", line(built))], 0, terminal.paint)
}
