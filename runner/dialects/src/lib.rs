//! Client-facing JSON protocols, read into and written from the runner's types
