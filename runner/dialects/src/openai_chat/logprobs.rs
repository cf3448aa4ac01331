//! Token probabilities, which a stream tells in pieces.

use crate::json::{self, Members};
use std::collections::BTreeMap;

/// What the member of several pieces is together: lists one after the other, of anything
/// else the last.
enum Whole<'a> {
    List(Vec<&'a str>),
    Last(&'a str),
}

/// All pieces as one object; none of none.
pub(crate) fn joined(mut pieces: Vec<String>) -> Option<String> {
    if pieces.len() < 2 {
        return pieces.pop();
    }
    let mut whole: BTreeMap<String, Whole<'_>> = BTreeMap::new();
    for (name, value) in pieces.iter().filter_map(|piece| Members::of(piece)).flat_map(|all| all.0)
    {
        match (json::elements(value), whole.get_mut(name.as_ref())) {
            (Some(more), Some(Whole::List(list))) => list.extend(more),
            (Some(list), _) => _ = whole.insert(name.into_owned(), Whole::List(list)),
            // Nothing is added where there is nothing new.
            (None, Some(Whole::List(_))) => {}
            (None, _) => _ = whole.insert(name.into_owned(), Whole::Last(value)),
        }
    }
    let mut out = vec![b'{'];
    for (name, value) in whole {
        json::comma(&mut out);
        json::string(&name, &mut out);
        out.push(b':');
        match value {
            Whole::Last(value) => json::splice(value, &mut out),
            Whole::List(list) => {
                out.push(b'[');
                for token in list {
                    json::comma(&mut out);
                    json::splice(token, &mut out);
                }
                out.push(b']');
            }
        }
    }
    out.push(b'}');
    String::from_utf8(out).ok()
}
