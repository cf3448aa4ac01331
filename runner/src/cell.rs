/// x
pub struct Endpoint;
/// y
pub struct Response;
