//! Accounts as aggregates: each command reads the account, decides by what it says, and proposes the
//! next event; whoever was overtaken reads again and decides again.
//!
//! `cargo run --example bank -- http://localhost:50051 [tenant]`

use entdb::{Append, Error, EventStore, NewEvent, Read, Subscribe};

/// An account as its events have left it.
#[derive(Default)]
struct Account {
    /// Nonce of its last event; 0: it was never opened.
    head: u64,
    cents: i64,
}

impl Account {
    /// Does nothing but take in what happened.
    fn apply(&mut self, event_type: &str, payload: &[u8]) {
        self.head += 1;
        let cents = cents_of(payload);
        match event_type {
            "money.deposited" => self.cents += cents,
            "money.withdrawn" => self.cents -= cents,
            _ => {}
        }
    }

    /// What a withdrawal leads to, or why it is refused.
    fn withdraw(&self, cents: i64) -> Result<NewEvent, String> {
        if cents > self.cents {
            return Err(format!("there are only {} cents", self.cents));
        }
        Ok(self.event("money.withdrawn", cents))
    }

    fn deposit(&self, cents: i64) -> Result<NewEvent, String> {
        if cents <= 0 {
            return Err("there is nothing to deposit".to_owned());
        }
        Ok(self.event("money.deposited", cents))
    }

    fn event(&self, event_type: &str, cents: i64) -> NewEvent {
        // An id of its own for each decision: a UUID, where the program has one.
        let id = format!("{event_type}-{}-{}", self.head + 1, random());
        NewEvent::json(id, event_type, format!("{{\"cents\":{cents}}}"))
    }
}

/// A bank in one tenant.
#[derive(Clone)]
struct Bank {
    store: EventStore,
    tenant: String,
}

impl Bank {
    async fn account(&self, id: &str) -> Result<Account, Error> {
        let mut account = Account::default();
        let read = Read::new(&self.tenant, id);
        for event in self.store.read_to_end(&read).await? {
            let event_type = event.meta.map(|meta| meta.event_type).unwrap_or_default();
            account.apply(&event_type, &event.payload);
        }
        Ok(account)
    }

    /// Lets `decide` look at the account and appends what it decides, on the state that it saw.
    async fn execute(
        &self,
        id: &str,
        decide: impl Fn(&Account) -> Result<NewEvent, String>,
    ) -> Result<Result<u64, String>, Error> {
        loop {
            let account = self.account(id).await?;
            let event = match decide(&account) {
                Ok(event) => event,
                Err(why) => return Ok(Err(why)),
            };
            let append = Append::new(&self.tenant, "Account", id)
                .expecting(account.head)
                .event(event);
            match self.store.append(&append).await {
                Ok(appended) => return Ok(Ok(appended.last_aggregate_nonce)),
                Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments
        .next()
        .unwrap_or_else(|| "http://localhost:50051".to_owned());
    let bank = Bank {
        store: EventStore::connect(endpoint)
            .await?
            .with_actor("user:teller")?,
        tenant: arguments.next().unwrap_or_else(|| "rust_bank".to_owned()),
    };

    // Eight tellers at once: nobody's deposit is lost.
    let deposits = (0..8).map(|_| {
        let bank = bank.clone();
        tokio::spawn(async move { bank.execute("Account-1", |it| it.deposit(100)).await })
    });
    for deposit in deposits.collect::<Vec<_>>() {
        deposit
            .await
            .expect("no teller panics")?
            .expect("there is something to deposit");
    }
    println!(
        "deposited: {} cents",
        bank.account("Account-1").await?.cents
    );

    match bank.execute("Account-1", |it| it.withdraw(100_000)).await? {
        Ok(nonce) => println!("withdrawn as event {nonce}"),
        Err(why) => println!("refused: {why}"),
    }
    bank.execute("Account-1", |it| it.withdraw(50))
        .await?
        .expect("there is enough");

    // A query is answered by what follows the events, not by the aggregate.
    let account = bank.account("Account-1").await?;
    let wanted = Subscribe::new(&bank.tenant).prefix("Account-1");
    let mut events = bank.store.subscribe(&wanted).await?;
    let mut statement = Account::default();
    while statement.head < account.head {
        let Some(event) = events.next().await? else {
            break;
        };
        let event_type = event.meta.map(|meta| meta.event_type).unwrap_or_default();
        statement.apply(&event_type, &event.payload);
        println!(
            "{:>3}  {event_type:<16} {:>5} cents",
            statement.head, statement.cents
        );
    }
    Ok(())
}

/// The number in `{"cents":…}`.
fn cents_of(payload: &[u8]) -> i64 {
    let text = String::from_utf8_lossy(payload);
    let digits = text
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>();
    digits.parse().unwrap_or(0)
}

/// Enough for an example; programs take a UUID.
fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
