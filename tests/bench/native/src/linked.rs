//! The adapters that are linked in, and what stands behind their imports: what the runner gives
//! them, without a cell before it.

use crate::crossing::Cross;
use crate::fiber::{Fiber, Here};
use bytes::Bytes;
use hotcell::native::{self, Imports};
use hotcell::{RunnerBuilder, bindings, egress, manifest, types};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::testing::live::{self, Request};
use hotcell_sdk::{Chat, Completion, Failure, Header, LogLevel, Method};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Has these adapters answer chat requests without a cell.
pub(crate) fn link(builder: RunnerBuilder) -> RunnerBuilder {
    builder.native("anthropic", linked::<Anthropic>()).native("openai", linked::<OpenAi>())
}

fn linked<A: Chat>() -> native::Adapter {
    Arc::new(|request, imports| {
        // The runner keeps its own, for another attempt.
        let request = request.clone();
        Box::pin(Fiber::new(move |here| {
            let world = Rc::new(World { here: here.clone(), imports: RefCell::new(imports) });
            live::put(Some(Rc::new(Wall(world))));
            let ended = answer::<A>(request, &here);
            live::put(None);
            ended
        }))
    })
}

fn answer<A: Chat>(request: types::ChatRequest, here: &Here) -> Result<(), types::Failure> {
    let failed = |failure| -> types::Failure { live::bounded(failure).cross() };
    let mut completion = A::complete(request.cross()).map_err(failed)?;
    here.tell(Vec::new())?;
    while let Some(events) = completion.next().map_err(failed)? {
        here.tell(events.cross())?;
    }
    Ok(())
}

fn failed(failure: types::Failure) -> Failure {
    failure.cross()
}

/// What one request's adapter has.
struct World {
    here: Rc<Here>,
    /// Borrowed while the adapter waits, which it does at one place at a time.
    imports: RefCell<Imports>,
}

struct Wall(Rc<World>);

struct Endpoint {
    world: Rc<World>,
    endpoint: native::Endpoint,
}

struct Response {
    world: Rc<World>,
    response: RefCell<native::Response>,
}

impl live::Wall for Wall {
    fn endpoint(&self, name: &str) -> Result<Box<dyn live::Endpoint>, Failure> {
        let endpoint = self.0.imports.borrow_mut().endpoint(name.to_owned());
        let endpoint = endpoint.map_err(failed)?;
        Ok(Box::new(Endpoint { world: self.0.clone(), endpoint }))
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.0.imports.borrow().setting(name)
    }

    fn log(&self, level: LogLevel, message: &str) {
        use bindings::hotcell::adapter::log::Level;
        let level = match level {
            LogLevel::Error => Level::Error,
            LogLevel::Warn => Level::Warn,
            LogLevel::Info => Level::Info,
            LogLevel::Debug => Level::Debug,
            LogLevel::Trace => Level::Trace,
        };
        self.0.imports.borrow_mut().log(level, message);
    }
}

impl live::Endpoint for Endpoint {
    fn send(&self, request: Request) -> Result<Box<dyn live::Response>, Failure> {
        let headers = request.headers.into_iter().map(|header| (header.name, header.value));
        let request = egress::Request {
            method: match request.method {
                Method::Get => manifest::Method::Get,
                Method::Post => manifest::Method::Post,
                Method::Put => manifest::Method::Put,
                Method::Patch => manifest::Method::Patch,
                Method::Delete => manifest::Method::Delete,
            },
            path: request.path,
            headers: headers.collect(),
            body: Bytes::from(request.body),
        };
        let mut imports = self.world.imports.borrow_mut();
        let sent = self.world.here.wait(imports.send(&self.endpoint, request)).flatten();
        let response = RefCell::new(sent.map_err(failed)?);
        Ok(Box::new(Response { world: self.world.clone(), response }))
    }
}

impl live::Response for Response {
    fn status(&self) -> u16 {
        Imports::status(&self.response.borrow())
    }

    fn headers(&self) -> Vec<Header> {
        let response = self.response.borrow();
        let headers = Imports::headers(&response).iter().cloned();
        headers.map(|(name, value)| Header { name, value }).collect()
    }

    fn read(&self, limit: u32) -> Result<Option<Vec<u8>>, Failure> {
        let mut response = self.response.borrow_mut();
        let read = self.world.here.wait(Imports::read(&mut response, limit)).flatten();
        read.map_err(failed)
    }
}
