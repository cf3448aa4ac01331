//! Provider definitions that reuse an adapter: data, not code
