//! In what the providers of one form differ.

use hotcell_sdk::setting;

/// One provider's words. The manifest says whose they are.
pub(crate) struct Spelling {
    /// The dialect of its requests for vectors; none where it has no vectors.
    pub(crate) embeddings: Option<&'static str>,
    pub(crate) dimensions: &'static str,
    pub(crate) task: &'static str,
    /// Its words for tasks: of a query, of a document, for classes, for groups.
    pub(crate) tasks: [Option<&'static str>; 4],
    /// The dialect of its requests for rankings.
    pub(crate) ranking: &'static str,
    pub(crate) top: &'static str,
    /// Documents may be objects.
    pub(crate) records: bool,
    /// It repeats the documents unless it is told not to.
    pub(crate) repeats: bool,
}

const JINA: Spelling = Spelling {
    embeddings: Some("jina-embeddings"),
    dimensions: "dimensions",
    task: "task",
    tasks: [
        Some("retrieval.query"),
        Some("retrieval.passage"),
        Some("classification"),
        Some("separation"),
    ],
    ranking: "jina-rerank",
    top: "top_n",
    records: true,
    repeats: true,
};

const VOYAGE: Spelling = Spelling {
    embeddings: Some("voyage-embeddings"),
    dimensions: "output_dimension",
    task: "input_type",
    tasks: [Some("query"), Some("document"), None, None],
    ranking: "voyage-rerank",
    top: "top_k",
    records: false,
    repeats: false,
};

const RERANK: Spelling = Spelling { embeddings: None, records: false, repeats: false, ..JINA };

impl Spelling {
    pub(crate) fn of_provider() -> Self {
        match setting("spelling").as_deref() {
            Some("voyage") => VOYAGE,
            Some("rerank") => RERANK,
            _ => JINA,
        }
    }

    /// This provider's word for a task that is named in any provider's word; none where it
    /// has no such word.
    pub(crate) fn task<'a>(&self, task: &'a str) -> Option<&'a str> {
        let known = [
            ["query", "search_query", "retrieval.query", "RETRIEVAL_QUERY"],
            ["document", "search_document", "retrieval.passage", "RETRIEVAL_DOCUMENT"],
            ["classification", "CLASSIFICATION", "", ""],
            ["clustering", "separation", "CLUSTERING", ""],
        ];
        match known.iter().position(|words| words.contains(&task)) {
            Some(place) => self.tasks[place],
            // The provider knows best what words it has.
            None => Some(task),
        }
    }
}
