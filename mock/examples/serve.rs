//! A mock to try things against by hand, until Ctrl-C:
//! `cargo run -p hotcell-mock --example serve -- [GAP-MS] [REQUESTS-FILE]`.
//! What it is asked goes into the file, one JSON object a line.

use hotcell_mock::{Mock, Recorded};
use std::io::Write as _;
use std::time::Duration;

fn main() -> std::io::Result<()> {
    let mock = Mock::spawn()?;
    if let Some(gap) = std::env::args().nth(1).and_then(|gap| gap.parse().ok()) {
        mock.change(|behaviour| behaviour.gap = Duration::from_millis(gap));
    }
    println!("url: {}\nkey: {}", mock.url(), Mock::KEY);
    for provider in Mock::providers() {
        println!("{provider}: {}", mock.endpoint(provider).unwrap_or_default());
    }
    let Some(file) = std::env::args().nth(2) else {
        loop {
            std::thread::park();
        }
    };
    let mut file = std::fs::File::create(file)?;
    loop {
        for request in mock.take_requests() {
            writeln!(file, "{}", line(&request))?;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn line(request: &Recorded) -> serde_json::Value {
    let headers: serde_json::Map<_, _> =
        request.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    serde_json::json!({
        "method": request.method,
        "path": request.path,
        "headers": headers,
        "body": request.json(),
    })
}
