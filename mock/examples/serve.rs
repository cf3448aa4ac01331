//! A mock to try things against by hand, until Ctrl-C:
//! `cargo run -p hotcell-mock --example serve -- [GAP-MS]`.

use hotcell_mock::Mock;
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
    loop {
        std::thread::park();
    }
}
