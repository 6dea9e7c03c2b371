//! Random sequences of operations: a store answers each as the store in memory does.

use std::ops::Deref;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestRunner};

use super::super::memory::MemoryStore;
use crate::store::Store;
use query::Query;
use step::Step;

mod query;
mod step;

/// Sequences that are tried, unless `PROPTEST_CASES` says how many.
const CASES: u32 = 12;
/// Most operations of a sequence.
const LONGEST: usize = 90;
/// Most shorter sequences that are tried once one has failed.
const SHORTER: usize = 100;

/// One operation of a sequence.
#[derive(Debug, Clone)]
enum Operation {
    /// A change, in a unit of work that is committed or dropped.
    Change(Step, bool),
    /// A question, asked in a unit of work or not.
    Ask(Query, bool),
    /// Work that belongs to no call, until there is none left.
    Tend,
}

/// Compares stores with those in memory, one sequence a fresh store. The sequences differ each time; one that fails is shortened
/// before it is shown.
///
/// # Panics
///
/// When a store answers otherwise.
#[expect(clippy::panic, reason = "a store that breaks the contract should fail the test")]
pub async fn compare<S: Deref<Target: Store + Sized>>(fresh: impl AsyncFn() -> S) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::new(Config::with_cases(cases));
    let change = (step::any_step(), proptest::bool::weighted(0.9)).prop_map(|(step, is_kept)| Operation::Change(step, is_kept));
    let ask = (query::any_query(), proptest::bool::weighted(0.2)).prop_map(|(query, is_in_work)| Operation::Ask(query, is_in_work));
    let tend = proptest::strategy::Just(Operation::Tend);
    let any = proptest::collection::vec(proptest::prop_oneof![8 => change, 8 => ask, 1 => tend], 1..LONGEST);
    for _ in 0..cases {
        let mut sequence = any.new_tree(&mut runner).unwrap();
        let Err(mut reason) = told_alike(&*fresh().await, &sequence.current()).await else { continue };
        let mut shortest = sequence.current();
        for _ in 0..SHORTER {
            let could =
                if told_alike(&*fresh().await, &sequence.current()).await.is_err() { sequence.simplify() } else { sequence.complicate() };
            if !could {
                break;
            }
            if let Err(other) = told_alike(&*fresh().await, &sequence.current()).await {
                (reason, shortest) = (other, sequence.current());
            }
        }
        panic!("{reason}\n{shortest:#?}");
    }
}

/// Takes a sequence through a store and a store in memory; the first answer that differs is the error.
async fn told_alike(store: &dyn Store, sequence: &[Operation]) -> Result<(), String> {
    let model = MemoryStore::default();
    for store in [store, &model] {
        step::begin_with(store).await;
    }
    for operation in sequence {
        same(store, &model, operation).await?;
    }
    for query in query::last() {
        same(store, &model, &Operation::Ask(query, false)).await?;
    }
    Ok(())
}

async fn same(store: &dyn Store, model: &MemoryStore, operation: &Operation) -> Result<(), String> {
    let (told, expected) = (answer(store, operation).await, answer(model, operation).await);
    if told == expected { Ok(()) } else { Err(format!("{operation:?}\n  was answered by {told}\n  instead of      {expected}")) }
}

async fn answer(store: &dyn Store, operation: &Operation) -> String {
    match operation {
        Operation::Change(step, is_kept) => {
            let mut work = store.begin().await.unwrap();
            let answer = step.take(&mut *work).await;
            if *is_kept && !answer.starts_with(step::REFUSED) {
                work.commit().await.unwrap();
            }
            answer
        }
        Operation::Tend => {
            while store.tend().await.unwrap() {}
            String::new()
        }
        Operation::Ask(query, true) => query.ask_in(&mut *store.begin().await.unwrap()).await,
        Operation::Ask(query, false) => query.ask(&mut *store.read().await.unwrap()).await,
    }
}
