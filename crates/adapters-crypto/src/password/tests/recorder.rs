//! Counts what is recorded on the thread that a test runs on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

/// How often each metric was recorded, by its name and its labels' values.
#[derive(Default)]
pub(super) struct CountingRecorder(Counts);

impl CountingRecorder {
    /// What is recorded while something is done, beside what comes of it.
    pub(super) fn during<T>(act: impl FnOnce() -> T) -> (T, BTreeMap<String, u64>) {
        let recorder = Self::default();
        let done = metrics::with_local_recorder(&recorder, act);
        let counts = recorder.0.lock().unwrap().clone();
        (done, counts)
    }

    fn entry(&self, key: &Key) -> Arc<Entry> {
        let parts: Vec<_> = std::iter::once(key.name()).chain(key.labels().map(metrics::Label::value)).collect();
        Arc::new(Entry { name: parts.join(" "), counts: Arc::clone(&self.0) })
    }
}

struct Entry {
    name: String,
    counts: Counts,
}

impl Entry {
    fn add(&self, count: u64) {
        *self.counts.lock().unwrap().entry(self.name.clone()).or_default() += count;
    }
}

impl CounterFn for Entry {
    fn increment(&self, value: u64) {
        self.add(value);
    }

    fn absolute(&self, _value: u64) {}
}

impl GaugeFn for Entry {
    fn increment(&self, _value: f64) {}

    fn decrement(&self, _value: f64) {}

    fn set(&self, _value: f64) {}
}

impl HistogramFn for Entry {
    fn record(&self, _value: f64) {
        self.add(1);
    }
}

impl Recorder for CountingRecorder {
    fn describe_counter(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}

    fn describe_gauge(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}

    fn describe_histogram(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.entry(key))
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.entry(key))
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.entry(key))
    }
}
