//! event_stream
