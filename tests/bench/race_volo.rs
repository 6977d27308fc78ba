// SPDX-License-Identifier: Apache-2.0

// The service of tests/bench/run by Volo, framed, in the protocol that it is
// asked in: a task for each connection, on one thread.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use pilota::FastStr;
use volo::net::incoming::DefaultIncoming;
use volo_thrift::ServerError;

include!(concat!(env!("OUT_DIR"), "/volo_gen.rs"));
use volo_gen::codec::{Batch, Item};
use volo_gen::race::{Race, RaceServer};

struct Handler;

impl Race for Handler {
    async fn ping(&self) -> Result<(), ServerError> {
        Ok(())
    }

    async fn nap(&self, ms: i32) -> Result<(), ServerError> {
        tokio::time::sleep(Duration::from_millis(ms as u64)).await;
        Ok(())
    }

    async fn echo_text(&self, v: FastStr) -> Result<FastStr, ServerError> {
        Ok(v)
    }

    async fn echo_item(&self, v: Item) -> Result<Item, ServerError> {
        Ok(v)
    }

    async fn echo_batch(&self, v: Batch) -> Result<Batch, ServerError> {
        Ok(v)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    RaceServer::new(Handler)
        .run(DefaultIncoming::from(listener))
        .await
        .unwrap();
}
