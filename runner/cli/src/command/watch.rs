//! Following an answer as it comes: waiting with a sign of life, showing, and
//! stopping on Ctrl-C.

use super::view::View;
use crate::problem::Problem;
use crate::render::text::cut;
use crate::terminal::Terminal;
use hotcell::types::ChatRequest;
use hotcell::{Collected, Runner};
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

/// How often the screen is brought up to date.
const FRAME: Duration = Duration::from_millis(40);
/// An answer that comes sooner needs no sign of life.
const PATIENCE: Duration = Duration::from_millis(150);

/// What came of a request.
pub(crate) struct Watched {
    pub(crate) collected: Collected,
    pub(crate) request_id: String,
    /// From the request to its first event and to its end.
    pub(crate) first: Duration,
    pub(crate) total: Duration,
}

/// Sends the request and shows the answer as it comes.
///
/// # Errors
/// What the library says, an output that cannot be written, or Ctrl-C. The screen
/// is left tidy either way.
pub(crate) async fn watch(
    runner: &Runner,
    model: &str,
    request: ChatRequest,
    view: &mut View<'_>,
    terminal: &Terminal,
) -> Result<Watched, Problem> {
    let mut watch = Watch {
        started: Instant::now(),
        spinner: Spinner::new(terminal, model),
        interrupt: Box::pin(tokio::signal::ctrl_c()),
    };
    let result = watch.follow(runner, model, request, view).await;
    watch.spinner.clear();
    let shown = view.finish();
    let watched = result?;
    shown?;
    Ok(watched)
}

struct Watch<'a> {
    started: Instant,
    spinner: Spinner<'a>,
    interrupt: Pin<Box<dyn Future<Output = std::io::Result<()>>>>,
}

impl Watch<'_> {
    async fn follow(
        &mut self,
        runner: &Runner,
        model: &str,
        request: ChatRequest,
        view: &mut View<'_>,
    ) -> Result<Watched, Problem> {
        let mut answer = self.wait(runner.chat(model, request), view).await??;
        let mut collected = Collected::default();
        let mut first = None;
        while let Some(events) = self.wait(answer.next_batch(), view).await?? {
            first.get_or_insert_with(|| self.started.elapsed());
            for event in events {
                if view.shows(&event) {
                    self.spinner.end();
                }
                view.push(&event)?;
                collected.push(event);
            }
            view.flush()?;
        }
        collected.finish();
        let total = self.started.elapsed();
        let request_id = answer.request_id().to_owned();
        Ok(Watched { collected, request_id, first: first.unwrap_or(total), total })
    }

    /// Waits for the future, and keeps the screen alive meanwhile.
    async fn wait<T>(
        &mut self,
        future: impl Future<Output = T>,
        view: &mut View<'_>,
    ) -> Result<T, Problem> {
        let mut future = pin!(future);
        loop {
            let busy = self.spinner.is_live() || view.is_behind();
            tokio::select! {
                biased;
                result = &mut future => return Ok(result),
                _ = &mut self.interrupt => return Err(Problem::Interrupted),
                () = tokio::time::sleep(FRAME), if busy => {
                    self.spinner.turn(self.started.elapsed());
                    view.catch_up()?;
                }
            }
        }
    }
}

/// Waits for something, with a sign of life where that takes long.
pub(super) async fn waiting<T>(
    terminal: &Terminal,
    label: &str,
    work: impl Future<Output = T>,
) -> T {
    // On one line, with the seconds.
    let label = cut(label, terminal.error_width().unwrap_or(80).saturating_sub(12));
    let (mut work, mut spinner) = (pin!(work), Spinner::new(terminal, &label));
    let started = Instant::now();
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = tokio::time::sleep(FRAME), if spinner.is_live() => {
                spinner.turn(started.elapsed());
            }
        }
    }
}

/// The sign of life on standard error, until there is something better to see.
struct Spinner<'a> {
    terminal: &'a Terminal,
    label: String,
    live: bool,
    drawn: bool,
}

impl<'a> Spinner<'a> {
    fn new(terminal: &'a Terminal, label: &str) -> Self {
        let label = crate::render::text::visible_line(label);
        Self { terminal, label, live: terminal.error_is_screen, drawn: false }
    }

    fn is_live(&self) -> bool {
        self.live
    }

    fn turn(&mut self, elapsed: Duration) {
        const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        if !self.live || elapsed < PATIENCE {
            return;
        }
        let paint = self.terminal.error_paint;
        let frame = FRAMES[elapsed.as_millis() as usize / 80 % FRAMES.len()];
        let seconds = match elapsed.as_secs() {
            0..3 => String::new(),
            seconds => format!(" {seconds} s"),
        };
        let text = format!("{}{seconds}", self.label);
        self.terminal.note(&format!("\r\u{1b}[K{} {}", paint.code(frame), paint.dim(&text)));
        self.drawn = true;
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            self.terminal.note("\r\u{1b}[K");
        }
    }

    fn end(&mut self) {
        self.clear();
        self.live = false;
    }
}

/// Also where what it waits for is given up.
impl Drop for Spinner<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
