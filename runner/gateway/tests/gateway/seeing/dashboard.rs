use crate::bed::Bed;
use serde_json::Value;
use std::collections::BTreeSet;

const DASHBOARD: &str = include_str!("../../../../../deploy/grafana-dashboard.json");

/// Every query of the dashboard asks for what `/metrics` has.
#[tokio::test]
async fn the_dashboard_asks_for_metrics_that_there_are() {
    let bed = Bed::new("[gateway.cache]\nseconds = 60\n").await;
    let metrics = bed.get("/metrics").await.text();
    let families: BTreeSet<String> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .flat_map(|line| match line.split_once(' ') {
            Some((name, "histogram")) => {
                ["_bucket", "_sum", "_count"].map(|ending| format!("{name}{ending}")).to_vec()
            }
            Some((name, _)) => vec![name.to_owned()],
            None => Vec::new(),
        })
        .collect();
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let mut queries = Vec::new();
    collect(&dashboard, &mut queries);
    assert!(queries.len() > 15, "{queries:?}");
    let mut asked = BTreeSet::new();
    for query in queries {
        let words = query.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        let words = words.filter(|word| {
            ["hotcell_", "gen_ai_client_", "gen_ai_server_", "process_"]
                .iter()
                .any(|prefix| word.starts_with(prefix))
        });
        let mut none = true;
        for word in words {
            none = false;
            assert!(families.contains(word), "`{word}` of `{query}` is not in /metrics");
            asked.insert(word.to_owned());
        }
        assert!(!none, "`{query}` asks for nothing of ours");
    }
    assert!(asked.len() > 15, "{asked:?}");
}

fn collect<'a>(value: &'a Value, queries: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(query) if name == "expr" => queries.push(query),
                    other => collect(other, queries),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, queries)),
        _ => {}
    }
}
