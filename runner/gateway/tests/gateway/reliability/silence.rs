//! Streams in which the provider says nothing for a while.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_gives_signs_of_life() {
    let (upstream, bed) = bed("[gateway.limits]\nsilence-ms = 20\n").await;
    let go = Arc::new(Notify::new());
    let silent =
        vec![begin_stream(), word("a"), Step::Until(go.clone()), word("b"), end(), Step::Close];
    upstream.script("m", [silent]);
    let mut client = begin(&bed, "up/m", true).await;
    let told = read_until(&mut client, ": the answer goes on\n\n").await;
    assert!(told.contains("\"a\""), "not before the answer has begun: {told}");
    read_until(&mut client, ": the answer goes on\n\n").await;
    go.notify_one();
    read_until(&mut client, "[DONE]").await;
}
