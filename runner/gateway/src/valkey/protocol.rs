//! The serialisation protocol, version 2 (<https://valkey.io/topics/protocol/>), as far as
//! commands and their answers need it. Nothing that a server sends makes more memory be taken
//! than it has sent, within the limits of whoever asks.

use super::ValkeyError;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// Bytes of a line: numbers, and what a server says of an error.
const LINE: u64 = 4096;
/// Entries of one answer, whatever is in which.
const ENTRIES: usize = 1024;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// There is none of what was asked for.
    Nothing,
    Number(i64),
    Text(Vec<u8>),
    List(Vec<Reply>),
}

/// A command, as it is sent.
pub(super) fn command(words: &[&[u8]]) -> Vec<u8> {
    let bytes = words.iter().map(|word| word.len() + 16).sum::<usize>() + 16;
    let mut all = Vec::with_capacity(bytes);
    all.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        all.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        all.extend_from_slice(word);
        all.extend_from_slice(b"\r\n");
    }
    all
}

/// Reads one answer, in which no text has more than `most` bytes.
///
/// # Errors
/// `Refused` where the answer is an error, and whole. After any other one the connection is of
/// no use.
pub(super) async fn read(
    from: &mut (impl AsyncBufRead + Unpin),
    most: usize,
) -> Result<Reply, ValkeyError> {
    // Lists in lists are taken apart without recursion: each has so many left to come.
    let mut open: Vec<(Vec<Reply>, usize)> = Vec::new();
    let mut entries = 0;
    let mut refused = None;
    loop {
        let mut reply = match item(from, most).await? {
            Item::Reply(reply) => reply,
            Item::Error(why) => {
                refused.get_or_insert(why);
                Reply::Nothing
            }
            Item::List(0) => Reply::List(Vec::new()),
            Item::List(count) => {
                entries += count;
                if entries > ENTRIES || open.len() > 8 {
                    return Err(ValkeyError::Malformed("a list that is too long"));
                }
                open.push((Vec::new(), count));
                continue;
            }
        };
        loop {
            let Some((mut list, left)) = open.pop() else {
                return refused.map_or(Ok(reply), |why| Err(ValkeyError::Refused(why)));
            };
            list.push(reply);
            if left > 1 {
                open.push((list, left - 1));
                break;
            }
            reply = Reply::List(list);
        }
    }
}

enum Item {
    Reply(Reply),
    Error(String),
    List(usize),
}

async fn item(from: &mut (impl AsyncBufRead + Unpin), most: usize) -> Result<Item, ValkeyError> {
    let line = line(from).await?;
    let (kind, rest) = line.split_at_checked(1).unwrap_or_default();
    let number = || {
        let number = std::str::from_utf8(rest).ok().and_then(|text| text.parse::<i64>().ok());
        number.ok_or(ValkeyError::Malformed("a number that is none"))
    };
    Ok(match kind {
        b"+" => Item::Reply(Reply::Text(rest.to_vec())),
        b"-" => Item::Error(String::from_utf8_lossy(rest).into_owned()),
        b":" => Item::Reply(Reply::Number(number()?)),
        b"$" | b"*" if number()? == -1 => Item::Reply(Reply::Nothing),
        b"$" => {
            let length = usize::try_from(number()?).unwrap_or(usize::MAX);
            if length > most {
                return Err(ValkeyError::Malformed("a text that is too long"));
            }
            Item::Reply(Reply::Text(text(from, length).await?))
        }
        b"*" => Item::List(usize::try_from(number()?).unwrap_or(usize::MAX).min(ENTRIES + 1)),
        _ => return Err(ValkeyError::Malformed("a kind that there is not")),
    })
}

/// A line, without what ends it.
async fn line(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Vec<u8>, ValkeyError> {
    let mut line = Vec::new();
    let read = from.take(LINE).read_until(b'\n', &mut line).await;
    read.map_err(|error| ValkeyError::Away(error.to_string()))?;
    match line.strip_suffix(b"\r\n") {
        Some(text) => Ok(text.to_vec()),
        None if line.len() as u64 == LINE => Err(ValkeyError::Malformed("a line that is too long")),
        None if line.ends_with(b"\n") => Err(ValkeyError::Malformed("half an end of a line")),
        None => Err(ValkeyError::Away("the connection was closed".to_owned())),
    }
}

/// A text of this length, for which memory is taken as it comes.
async fn text(
    from: &mut (impl AsyncBufRead + Unpin),
    length: usize,
) -> Result<Vec<u8>, ValkeyError> {
    let mut text = Vec::new();
    let read = from.take(length as u64 + 2).read_to_end(&mut text).await;
    read.map_err(|error| ValkeyError::Away(error.to_string()))?;
    if text.len() < length + 2 {
        return Err(ValkeyError::Away("the connection was closed".to_owned()));
    }
    match text.ends_with(b"\r\n") {
        true => {
            text.truncate(length);
            Ok(text)
        }
        false => Err(ValkeyError::Malformed("a text that does not end where it should")),
    }
}
