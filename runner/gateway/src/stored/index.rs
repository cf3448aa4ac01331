//! Which answers providers keep for whom. Where the gateway keeps a state, they are in it;
//! elsewhere they are in memory, and a gateway that starts anew knows none.

use super::watch::Watched;
use crate::store::{Response, Store, StoreError};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Answers that are known in memory. What is beyond was made longest ago, and is forgotten.
const MOST: usize = 10_000;

/// All of them.
pub(crate) struct Index {
    place: Place,
    /// Those that are made in the background.
    pub(super) watched: Watched,
    /// What was due and has been entered by this process, lately.
    entered: Mutex<Entered>,
}

enum Place {
    State(Arc<dyn Store>),
    Memory(Mutex<Memory>),
}

#[derive(Default)]
struct Entered {
    known: HashSet<(String, String)>,
    order: VecDeque<(String, String)>,
}

#[derive(Default)]
struct Memory {
    known: HashMap<(String, String), Response>,
    /// As they were made.
    order: VecDeque<(String, String)>,
}

impl Index {
    pub(crate) fn new(store: Option<Arc<dyn Store>>) -> Self {
        let place = match store {
            Some(store) => Place::State(store),
            None => Place::Memory(Mutex::default()),
        };
        Self { place, watched: Watched::default(), entered: Mutex::default() }
    }

    /// Keeps one. Of two with one id and owner it is the first: no provider takes the place of
    /// another one's answer.
    pub(super) async fn keep(&self, response: Response) -> Result<(), StoreError> {
        match &self.place {
            Place::State(store) => store.keep_response(response).await,
            Place::Memory(memory) => {
                memory.lock().unwrap_or_else(PoisonError::into_inner).keep(response);
                Ok(())
            }
        }
    }

    /// The one of this id, of this owner.
    pub(super) async fn find(&self, owner: &str, id: &str) -> Result<Option<Response>, StoreError> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        match &self.place {
            Place::State(store) => store.response_of(owner, id).await,
            Place::Memory(memory) => {
                let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                let known = memory.known.get(&(owner, id));
                let lives = |it: &&Response| it.made.saturating_add(Response::LIFE) > crate::now();
                Ok(known.filter(lives).cloned())
            }
        }
    }
}

impl Index {
    /// Looks after no answer any more that is made in the background, and holds nothing for any:
    /// what is due is known where the state is, for whoever fetches it.
    pub(crate) fn let_go(&self) {
        self.watched.clear();
    }

    /// Whether it is the caller who enters what an answer used that is due: of several who find
    /// out at the same time it is one. Whoever asks later finds that it is due no more.
    pub(super) fn enters(&self, response: &Response) -> bool {
        let mut entered = self.entered.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (response.owner.clone(), response.id.clone());
        if !response.due || !entered.known.insert(key.clone()) {
            return false;
        }
        entered.order.push_back(key);
        if entered.order.len() > MOST
            && let Some(oldest) = entered.order.pop_front()
        {
            entered.known.remove(&oldest);
        }
        true
    }
}

impl Memory {
    fn keep(&mut self, response: Response) {
        let key = (response.owner.clone(), response.id.clone());
        if self.known.contains_key(&key) {
            return;
        }
        if self.order.len() >= MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.known.insert(key, response);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(owner: &str, id: &str, model: &str) -> Response {
        let made = crate::now();
        let name = "m".to_owned();
        let (owner, id, model) = (owner.to_owned(), id.to_owned(), model.to_owned());
        Response { owner, id, name, model, made, due: false }
    }

    #[tokio::test]
    async fn in_memory_it_is_its_owner_s_the_first_of_its_id_and_for_a_time() {
        let index = Index::new(None);
        index.keep(response("a", "r", "p/1")).await.unwrap();
        index.keep(response("a", "r", "q/1")).await.unwrap();
        index.keep(response("b", "r", "q/2")).await.unwrap();
        let found = async |owner: &str| index.find(owner, "r").await.unwrap().map(|it| it.model);
        assert_eq!(found("a").await.as_deref(), Some("p/1"));
        assert_eq!(found("b").await.as_deref(), Some("q/2"));
        assert_eq!(found("c").await, None);
        let made = crate::now() - Response::LIFE;
        index.keep(Response { made, ..response("c", "r", "q/2") }).await.unwrap();
        assert_eq!(found("c").await, None);
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let index = Index::new(None);
        for number in 0..MOST + 10 {
            index.keep(response("a", &number.to_string(), "p/m")).await.unwrap();
        }
        assert!(index.find("a", "9").await.unwrap().is_none());
        assert!(index.find("a", "10").await.unwrap().is_some());
        let Place::Memory(memory) = &index.place else { panic!("it has no state") };
        let memory = memory.lock().unwrap();
        assert_eq!((memory.known.len(), memory.order.len()), (MOST, MOST));
    }
}
