use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::mail::{Letter, MailKind, MailRecord, MailState};
use crate::page::Page;
use crate::testkit::fixture::{BORN, id, mail, user};
use crate::testkit::service::Bench;

/// Answers as it is told to, then takes everything; remembers what it took.
#[derive(Default)]
struct Server {
    answers: Mutex<VecDeque<DeliveryError>>,
    taken: Mutex<Vec<(MailId, MailKind)>>,
}

#[async_trait]
impl Mailer for Server {
    async fn deliver(&self, id: &MailId, letter: &Letter) -> Result<(), DeliveryError> {
        if let Some(error) = self.answers.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.taken.lock().unwrap().push((id.clone(), letter.kind));
        Ok(())
    }
}

const RULES: DeliveryRules =
    DeliveryRules { tries: 4, first_pause: Duration::from_mins(1), longest_pause: Duration::from_mins(3), lease: Duration::from_mins(10) };

struct Post {
    bench: Bench,
    server: Arc<Server>,
    courier: Courier,
}

impl Post {
    fn new() -> Self {
        let (bench, server) = (Bench::default(), Arc::<Server>::default());
        let courier = Courier::new(&bench.ports, server.clone(), RULES);
        Self { bench, server, courier }
    }

    async fn put(&self, kind: MailKind) {
        let letter = Letter::new(kind, &user("ada", "ada"), self.bench.clock.now());
        self.bench.write(async |work| self.bench.postbox.put(work, None, &letter, None).await.unwrap()).await;
    }

    /// Works until nothing is due; with when it goes on.
    async fn run(&self) -> Option<Timestamp> {
        loop {
            if let Errand::Idle(next) = self.courier.run().await.unwrap() {
                return next;
            }
        }
    }

    async fn records(&self) -> Vec<MailRecord> {
        let states = [MailState::Waiting, MailState::Delivered, MailState::Dead, MailState::Expired];
        self.bench.store.read().await.unwrap().outbox().list(&states, Page { number: 0, size: 100 }).await.unwrap()
    }

    fn fail(&self, errors: impl IntoIterator<Item = DeliveryError>) {
        self.server.answers.lock().unwrap().extend(errors);
    }

    fn taken(&self) -> usize {
        self.server.taken.lock().unwrap().len()
    }
}

fn not_now() -> DeliveryError {
    DeliveryError::NotNow("450".into())
}

#[tokio::test]
async fn what_waits_is_delivered_once_in_the_order_of_writing() {
    let post = Post::new();
    for kind in [MailKind::Reset, MailKind::FactorOn, MailKind::Verification] {
        post.put(kind).await;
    }

    assert_eq!(post.run().await, None);
    assert_eq!(post.run().await, None);

    let kinds: Vec<_> = post.server.taken.lock().unwrap().iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, [MailKind::Reset, MailKind::FactorOn, MailKind::Verification]);
    assert!(post.records().await.iter().all(|record| record.state == MailState::Delivered));
}

#[tokio::test]
async fn a_failed_mail_is_tried_again_after_growing_pauses_and_then_given_up() {
    let post = Post::new();
    post.put(MailKind::Reset).await;
    post.fail((0..4).map(|_| not_now()));

    for minutes in [1, 2, 3] {
        assert_eq!(post.run().await, Some(post.bench.clock.now().after(Duration::from_mins(minutes))));
        post.bench.clock.advance(Duration::from_mins(minutes));
    }
    assert_eq!(post.run().await, None);

    let record = post.records().await.remove(0);
    assert_eq!((record.state, record.tries, record.reason.as_deref(), post.taken()), (MailState::Dead, 4, Some("450"), 0));
}

#[tokio::test]
async fn what_a_server_will_never_take_is_given_up_at_once_and_the_rest_goes_on() {
    let post = Post::new();
    post.put(MailKind::Reset).await;
    post.put(MailKind::FactorOn).await;
    post.fail([DeliveryError::Never("550".into())]);

    post.run().await;

    let states: Vec<_> = post.records().await.into_iter().map(|record| record.state).collect();
    assert_eq!((states, post.taken()), (vec![MailState::Dead, MailState::Delivered], 1));
}

#[tokio::test]
async fn a_dead_mail_that_is_tried_again_arrives() {
    let post = Post::new();
    post.put(MailKind::Reset).await;
    post.fail([DeliveryError::Never("550".into())]);
    post.run().await;

    post.bench.write(async |work| work.outbox().retry(None, BORN).await.unwrap()).await;
    post.run().await;

    assert_eq!(post.taken(), 1);
}

#[tokio::test]
async fn a_letter_that_no_key_opens_is_given_up_and_holds_up_nothing() {
    let post = Post::new();
    post.bench.write(async |work| work.outbox().put(&[mail("x")]).await.unwrap()).await;
    post.put(MailKind::Reset).await;

    post.run().await;

    let dead: Vec<_> = post.records().await.into_iter().filter(|record| record.state == MailState::Dead).map(|record| record.id).collect();
    assert_eq!((dead, post.taken()), (vec![id("x")], 1));
}

#[tokio::test]
async fn a_mail_of_a_worker_that_died_is_tried_by_another_when_its_time_is_over() {
    let post = Post::new();
    post.put(MailKind::Reset).await;
    let claim = Claim { by: "dead".into(), now: BORN, until: BORN.after(RULES.lease), most: 1 };
    post.bench.write(async |work| work.outbox().claim(&claim).await.unwrap()).await;

    assert_eq!((post.run().await, post.taken()), (Some(BORN.after(RULES.lease)), 0));
    post.bench.clock.advance(RULES.lease);
    assert_eq!((post.run().await, post.taken()), (None, 1));
}

#[tokio::test]
async fn a_mail_that_breaks_whoever_takes_it_up_is_given_up() {
    let post = Post::new();
    post.put(MailKind::Reset).await;
    for number in 0..RULES.tries {
        let now = post.bench.clock.now();
        let claim = Claim { by: format!("broken {number}"), now, until: now.after(RULES.lease), most: 1 };
        let taken = post.bench.write(async |work| work.outbox().claim(&claim).await.unwrap()).await;
        assert_eq!(taken.len(), 1);
        post.bench.clock.advance(RULES.lease);
    }

    post.run().await;

    let states: Vec<_> = post.records().await.into_iter().map(|record| record.state).collect();
    assert_eq!((states, post.taken()), (vec![MailState::Dead], 0));
}

#[tokio::test]
async fn workers_at_once_send_each_mail_once() {
    let post = Post::new();
    for _ in 0..30 {
        post.put(MailKind::Reset).await;
    }
    let couriers: Vec<_> = (0..5).map(|_| Courier::new(&post.bench.ports, post.server.clone(), RULES)).collect();

    let work = async |courier: &Courier| while courier.run().await.unwrap() == Errand::Ran {};
    futures_util::future::join_all(couriers.iter().map(work)).await;

    let ids: std::collections::BTreeSet<_> = post.server.taken.lock().unwrap().iter().map(|(id, _)| id.clone()).collect();
    assert_eq!((ids.len(), post.taken()), (30, 30));
}
