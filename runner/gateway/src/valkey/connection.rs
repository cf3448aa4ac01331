//! One connection: it says who is asking, and then has one question under way at a time.

use super::protocol::{self, Reply};
use super::{LONGEST, ValkeyError};
use hotcell::egress::service::{Service, Stream};
use tokio::io::{AsyncWriteExt, BufReader};

pub(super) struct Connection {
    stream: BufReader<Stream>,
}

impl Connection {
    /// Connects, and says who is asking, and for which database.
    pub(super) async fn open(service: &Service) -> Result<Self, ValkeyError> {
        let stream = service.connect().await;
        let stream = stream.map_err(|error| ValkeyError::Away(error.to_string()))?;
        let mut connection = Self { stream: BufReader::new(stream) };
        let authentication = service.with_password(|password| {
            let password = password?;
            let user = service.user().map(str::as_bytes);
            let words = [Some(&b"AUTH"[..]), user, Some(password.as_bytes())];
            Some(protocol::command(&words.into_iter().flatten().collect::<Vec<_>>()))
        });
        if let Some(command) = authentication {
            connection.say(&command, LONGEST).await?;
        }
        if let Some(number) = service.database() {
            connection.ask(&[b"SELECT", number.as_bytes()], LONGEST).await?;
        }
        Ok(connection)
    }

    /// Asks. Where the answer is lost, so is the connection.
    pub(super) async fn ask(&mut self, words: &[&[u8]], most: usize) -> Result<Reply, ValkeyError> {
        self.say(&protocol::command(words), most).await
    }

    async fn say(&mut self, command: &[u8], most: usize) -> Result<Reply, ValkeyError> {
        let broke = |error: std::io::Error| ValkeyError::Away(error.to_string());
        self.stream.write_all(command).await.map_err(broke)?;
        self.stream.flush().await.map_err(broke)?;
        protocol::read(&mut self.stream, most).await
    }
}
