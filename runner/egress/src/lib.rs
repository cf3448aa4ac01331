//! The guarded door: the only way out of a cell, and the only place of credentials and sockets
