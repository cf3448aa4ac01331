//! How things look. Nothing in here asks, decides or waits: values go in, text
//! comes out.

pub(crate) mod audit;
pub(crate) mod capabilities;
pub(crate) mod difference;
pub(crate) mod document;
pub(crate) mod live;
pub(crate) mod markdown;
pub(crate) mod paint;
pub(crate) mod problem;
pub(crate) mod table;
pub(crate) mod text;

pub(crate) use paint::Paint;
