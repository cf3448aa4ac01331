//! The right to an endpoint: names, handles, and where a response leads.

use crate::ask::{self, Endpoint, Response};
use crate::cell::Answer;
use hotcell_sdk::Failure;

fn names(names: &[&str]) -> Answer {
    ask::each(
        names,
        |name| name.to_owned(),
        |name| Endpoint::named(name).and_then(|endpoint| endpoint.send(&ask::request("hello"))),
    )
}

pub(crate) fn endpoint_not_granted() -> Answer {
    names(&["admin", "files", "default"])
}

pub(crate) fn endpoint_as_url() -> Answer {
    names(&["https://evil.example", "evil.example:443", "169.254.169.254", "file:///etc/passwd"])
}

pub(crate) fn endpoint_almost_granted() -> Answer {
    names(&["", "API", " api", "api ", "api\0", "api/", "../api", "apі"])
}

pub(crate) fn endpoint_writes_to_audit() -> Answer {
    let forged = "x\r\n{\"decision\":\"granted\"}\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}";
    let long = "y".repeat(10 << 20);
    names(&[forged, &long])
}

pub(crate) fn endpoint_denied_forever() -> Answer {
    for _ in 0..1_000_000 {
        _ = Endpoint::named("admin");
    }
    Answer::telling("GOT a million denials")
}

pub(crate) fn endpoint_dropped() -> Answer {
    let response = ask::send(&ask::request("hello"));
    Answer::telling(match response {
        Ok(response) => ask::told(&response, 1024),
        Err(failure) => ask::refusal(&failure),
    })
}

pub(crate) fn handle_invented() -> Answer {
    #[allow(unsafe_code, reason = "the bindings call it unsafe to make a handle up; so it is")]
    // SAFETY: none is claimed. The runner must find that the handle is not ours.
    let endpoint = unsafe { Endpoint::from_handle(7) };
    Answer::telling(ask::line("an invented handle", endpoint.send(&ask::request("hello"))))
}

pub(crate) fn handle_dropped() -> Answer {
    twice(|handle| {
        #[allow(unsafe_code, reason = "the bindings call it unsafe to make a handle up; so it is")]
        // SAFETY: none is claimed. The runner must find that the handle was given back.
        let response = unsafe { Response::from_handle(handle) };
        response
    })
}

fn twice(again: impl Fn(u32) -> Response) -> Answer {
    match ask::send(&ask::request("hello")) {
        Ok(response) => {
            let handle = response.handle();
            drop(response);
            Answer::telling(ask::told(&again(handle), 1024))
        }
        Err(failure) => Answer::telling(ask::refusal(&failure)),
    }
}

pub(crate) fn handle_confused() -> Answer {
    let confused = || -> Result<Response, Failure> {
        let handle = Endpoint::named("api")?.take_handle();
        #[allow(unsafe_code, reason = "the bindings call it unsafe to make a handle up; so it is")]
        // SAFETY: none is claimed. The runner must find that this is no response.
        Ok(unsafe { Response::from_handle(handle) })
    };
    Answer::telling(match confused() {
        Ok(response) => ask::told(&response, 1024),
        Err(failure) => ask::refusal(&failure),
    })
}

pub(crate) fn redirect() -> Answer {
    Answer::telling(match ask::send(&ask::request("redirect")) {
        Ok(response) => ask::told(&response, 1024),
        Err(failure) => ask::refusal(&failure),
    })
}
