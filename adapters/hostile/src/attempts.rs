//! The list of attempts: what the demo shows, and what the red team has a test for.

/// One way of trying to break out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What a request gives as its model.
    pub name: &'static str,
    /// One plain sentence.
    pub what: &'static str,
    /// What it is aimed at.
    pub group: Group,
    /// Which export makes it.
    pub export: Export,
}

/// What an attempt is aimed at. Each group is a module here and in the red team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// The right to an endpoint.
    Endpoint,
    /// The path and query of a request.
    Path,
    /// The headers of a request.
    Header,
    /// The credential, by way of what comes back.
    Echo,
    /// Time, memory, and whatever else the host has to pay for.
    Resource,
    /// The promises that an adapter makes to the runner.
    Protocol,
    /// The host's own stability.
    Trap,
}

/// An export of the adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// `chat.complete`, and the completion that it gives.
    Complete,
    /// `embeddings.embed`.
    Embed,
    /// `models.list-models`; the setting `attempt` names the attempt.
    ListModels,
}

impl Attempt {
    /// The attempt of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ATTEMPTS.iter().find(|attempt| attempt.name == name)
    }
}

/// Hands the whole list to a macro, as `group name export "sentence";` for each
/// attempt. The adapter makes its dispatch of it and the red team its list of
/// tests, so that neither compiles while the other lacks one.
#[macro_export]
macro_rules! for_each_attempt {
    ($receiver:ident) => {
        $receiver! {
            endpoint endpoint_not_granted complete "Asks for an endpoint that its manifest does not name.";
            endpoint endpoint_as_url complete "Gives URLs and addresses as the names of endpoints.";
            endpoint endpoint_almost_granted complete "Gives names that look like the one that was granted.";
            endpoint endpoint_writes_to_audit complete "Puts line breaks, terminal codes and ten megabytes into the name of an endpoint.";
            endpoint endpoint_denied_forever complete "Asks for endpoints that were not granted, a million times, to fill the audit log.";
            endpoint endpoint_dropped complete "Reads a response after it has dropped its endpoint.";
            endpoint handle_invented complete "Sends through an endpoint whose handle it made up.";
            endpoint handle_dropped complete "Reads a response that it has already dropped.";
            endpoint handle_confused complete "Uses an endpoint as if it were a response.";
            endpoint redirect complete "Waits to be redirected to another origin.";

            path path_not_granted complete "Asks for files, fine-tunes and the models' list of its own provider.";
            path path_almost_granted complete "Asks for paths that look like the one that was granted.";
            path method_not_granted complete "Uses every other method on the path that was granted.";
            path path_dot_segments complete "Climbs out of the granted path with `..`.";
            path path_encoded_dots complete "Climbs out with `%2e%2e`.";
            path path_encoded_slash complete "Hides the separators of a path as `%2f`.";
            path path_resource_name complete "Hides the separators of a path in the name of an AWS resource.";
            path path_doubly_encoded complete "Hides dots and separators behind two encodings.";
            path path_absolute_form complete "Writes a whole URL where a path belongs.";
            path path_double_slash complete "Begins its path with `//host`.";
            path path_userinfo complete "Puts `user@host` at the beginning of its path.";
            path path_host_suffix complete "Leaves the first slash out, to lengthen the name of the host.";
            path path_backslash complete "Uses backslashes for slashes.";
            path path_line_break complete "Ends the request line early, to begin a request of its own.";
            path path_nul complete "Puts NUL into its path.";
            path path_fragment complete "Hides the rest of a path behind `#`.";
            path path_not_utf8 complete "Writes slashes and dots as overlong and broken UTF-8.";
            path path_not_ascii complete "Writes slashes and dots as other characters that look like them.";
            path path_gigantic complete "Sends a path of a megabyte.";
            path query_not_granted complete "Adds query parameters that were not granted, a key of its own among them.";
            path query_hidden complete "Hides a parameter behind `;`, doubled separators, encodings and repetition.";

            header header_host complete "Names another host in `host` and `:authority`.";
            header header_authorization complete "Sends an `authorization` of its own.";
            header header_api_key complete "Sends a key of its own in the other usual headers.";
            header header_cookie complete "Sends cookies.";
            header header_organization complete "Sends the request on the account of another organisation or project.";
            header header_proxy complete "Speaks to proxies on the way.";
            header header_transfer_encoding complete "Frames its request with `transfer-encoding` and `te`.";
            header header_content_length complete "Says a `content-length` that is not the body's.";
            header header_connection complete "Upgrades the connection, or has other headers dropped from it.";
            header header_forwarded complete "Pretends to come from elsewhere, or to go elsewhere.";
            header header_coding complete "Chooses content codings and the name of the client.";
            header header_not_granted complete "Sends headers that its manifest does not list.";
            header header_underscores complete "Writes forbidden names with `_`, which some servers read as `-`.";
            header header_name_malformed complete "Sends names that are empty, or have spaces, colons and control characters.";
            header header_line_break complete "Breaks out of a value into a header of its own.";
            header header_nul complete "Puts NUL and other control characters into names and values.";
            header header_not_ascii complete "Sends bytes outside of ASCII.";
            header header_many complete "Sends a hundred thousand headers, at which a host's table may panic.";
            header header_gigantic complete "Sends a header of a megabyte.";

            echo key_in_settings complete "Asks the settings for the key, and for what lies around it.";
            echo key_in_headers complete "Looks for its key in the headers of a response.";
            echo key_in_body complete "Looks for its key in the body of a response.";
            echo key_byte_by_byte complete "Reads a response one byte at a time, to get its key past the filter.";
            echo key_in_failure complete "Looks for its key in the words of a failure.";

            resource state_kept complete "Leaves a note in its memory for the next request.";
            resource loop_forever complete "Computes for ever.";
            resource loop_in_next complete "Computes for ever in the middle of its answer.";
            resource loop_through_host complete "Calls the host for ever.";
            resource recurse complete "Calls itself for ever.";
            resource memory_grown complete "Asks for memory until it is refused.";
            resource memory_exhausted complete "Takes memory and does not take no for an answer.";
            resource memory_left_behind complete "Looks into fresh memory for what another request has left there.";
            resource endpoints_held complete "Takes ten million endpoints and gives none back.";
            resource responses_held complete "Sends request after request and keeps every response.";
            resource calls_made complete "Sends requests for ever.";
            resource request_gigantic complete "Sends a body of thirty megabytes.";
            resource body_read complete "Reads a response to its end, which it may not have.";
            resource read_twice complete "Reads two responses, of which the second grows when it is unpacked.";
            resource read_of_nothing complete "Reads with a limit of 0.";
            resource read_of_everything complete "Reads with a limit of four gigabytes.";
            resource log_flood complete "Writes a million log lines.";
            resource log_gigantic complete "Writes a log line of thirty megabytes, with terminal codes in it.";
            resource events_without_end complete "Yields events for ever.";
            resource event_gigantic complete "Yields one event of thirty megabytes, again and again.";
            resource events_with_luggage complete "Yields small events with megabytes in their lesser fields.";
            resource events_at_once complete "Yields two hundred thousand events in one batch.";
            resource embed_gigantic embed "Answers with vectors of twenty megabytes.";

            protocol events_empty complete "Yields nothing, for ever.";
            protocol finished_twice complete "Finishes the same choice twice.";
            protocol text_after_finished complete "Goes on after it has finished.";
            protocol never_finished complete "Ends without having finished.";
            protocol started_twice complete "Starts twice.";
            protocol next_after_end complete "Traps if it is asked again after its end.";
            protocol json_in_event complete "Yields a native event that is not JSON.";
            protocol json_in_started complete "Starts with broken JSON.";
            protocol json_in_citation complete "Cites a source that is not JSON.";
            protocol json_in_logprobs complete "Yields token probabilities that are not JSON.";
            protocol json_in_tool_call complete "Calls a tool with broken JSON beside its arguments.";
            protocol json_in_media complete "Yields an image with broken JSON.";
            protocol json_in_usage complete "Reports usage in broken JSON.";
            protocol json_in_finished complete "Finishes with broken JSON.";
            protocol json_in_failure complete "Fails with broken JSON.";
            protocol json_in_embed embed "Answers with broken JSON beside the vectors.";
            protocol json_in_models list_models "Lists a model with broken JSON.";
            protocol arguments_not_json complete "Yields tool arguments that are not JSON, as models do.";
            protocol denial_forged complete "Pretends that egress has refused something.";

            trap trap_in_complete complete "Gives up in `complete`.";
            trap trap_in_next complete "Gives up in the middle of its answer.";
            trap trap_in_drop complete "Gives up when its answer is dropped.";
            trap trap_in_embed embed "Gives up in `embed`.";
            trap trap_in_list_models list_models "Gives up in `list-models`.";
            trap out_of_bounds complete "Reads and writes outside of its memory.";
        }
    };
}

macro_rules! group {
    (endpoint) => {
        Group::Endpoint
    };
    (path) => {
        Group::Path
    };
    (header) => {
        Group::Header
    };
    (echo) => {
        Group::Echo
    };
    (resource) => {
        Group::Resource
    };
    (protocol) => {
        Group::Protocol
    };
    (trap) => {
        Group::Trap
    };
}

macro_rules! export {
    (complete) => {
        Export::Complete
    };
    (embed) => {
        Export::Embed
    };
    (list_models) => {
        Export::ListModels
    };
}

macro_rules! table {
    ($($group:ident $name:ident $export:ident $what:literal;)*) => {
        /// Every attempt, by group.
        pub const ATTEMPTS: &[Attempt] = &[$(Attempt {
            name: {
                const NAME: &[u8] =
                    &hyphenated::<{ stringify!($name).len() }>(stringify!($name).as_bytes());
                match str::from_utf8(NAME) {
                    Ok(name) => name,
                    Err(_) => stringify!($name),
                }
            },
            what: $what,
            group: group!($group),
            export: export!($export),
        }),*];
    };
}

for_each_attempt!(table);

/// Models are written with hyphens, functions with underscores.
const fn hyphenated<const LENGTH: usize>(name: &[u8]) -> [u8; LENGTH] {
    let mut hyphenated = [0; LENGTH];
    let mut at = 0;
    while at < LENGTH {
        hyphenated[at] = if name[at] == b'_' { b'-' } else { name[at] };
        at += 1;
    }
    hyphenated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_is_found_by_its_name_and_has_a_sentence() {
        for (at, attempt) in ATTEMPTS.iter().enumerate() {
            let first = ATTEMPTS.iter().position(|other| other.name == attempt.name);
            assert_eq!(first, Some(at), "{} stands twice in the list", attempt.name);
            assert!(!attempt.name.contains('_'), "{}", attempt.name);
            assert!(attempt.what.ends_with('.'), "{}", attempt.what);
            assert_eq!(Attempt::named(attempt.name), Some(attempt));
        }
        assert!(Attempt::named("path-encoded-slash").is_some());
        assert_eq!(Attempt::named("gpt-4o"), None);
    }
}
