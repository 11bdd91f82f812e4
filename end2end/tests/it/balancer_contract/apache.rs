//! What only Apache can get wrong.

use super::*;
use end2end::lab::apache::LabBalancer;

impl World {
    fn real(&mut self) -> &mut ApacheWorld {
        match &mut self.around {
            Around::Apache(world) => world,
            Around::Fake(_) => unreachable!("this test starts a real one"),
        }
    }

    /// Preflight's sentences, warnings or refusal.
    async fn preflight(&self, change: impl FnOnce(&mut Settings)) -> String {
        let Around::Apache(world) = &self.around else {
            unreachable!("this test starts a real one")
        };
        let mut settings = settings(&world.apache.manager_url);
        change(&mut settings);
        let driver = ApacheBalancer::new(settings).expect("the address is one");
        match driver
            .preflight(&[self.red.clone(), self.blue.clone()])
            .await
        {
            Ok(warnings) => warnings.join(" "),
            Err(error) => format!("refused: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_set_up_passes_preflight_and_an_unknown_worker_does_not() -> anyhow::Result<()> {
    let world = World::apache(|_| {}).await?;
    assert_eq!(world.preflight(|_| {}).await, "");
    let stranger = ["http://10.9.8.7:1".to_owned()];
    let error = world.balancer.preflight(&stranger).await.unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("no worker `http://10.9.8.7:1`") && words.contains(&world.red),
        "{words}"
    );
    let said = world.preflight(|s| s.balancer = "shop".to_owned()).await;
    assert!(said.contains("no balancer `shop`; it has `web`"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_that_a_reload_forgets_must_be_accepted() -> anyhow::Result<()> {
    let world = World::apache(|options| options.persist = false).await?;
    let said = world.preflight(|_| {}).await;
    assert!(
        said.starts_with("refused:") && said.contains("BalancerPersist Off"),
        "{said}"
    );
    let said = world.preflight(|s| s.accept_no_persist = true).await;
    assert!(said.starts_with("A reload of httpd puts"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxied_manager_is_named_as_such() -> anyhow::Result<()> {
    let world = World::apache(|options| options.manager_proxied = true).await?;
    let said = world.preflight(|_| {}).await;
    assert!(
        said.contains("most likely the application") && said.contains("ProxyPass"),
        "{said}"
    );
    assert!(matches!(
        world.set(&world.red, Wanted::Isolated).await,
        Err(BalancerError::Refused { .. })
    ));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balancer_without_nonce_is_read_only_and_says_so() -> anyhow::Result<()> {
    let world = World::apache(|options| options.nonce_none = true).await?;
    let said = world.preflight(|_| {}).await;
    assert!(said.contains("nonce=None"), "{said}");
    assert_eq!(
        world.worker(&world.red).await.admission,
        Admission::InService
    );
    let error = world.set(&world.red, Wanted::Isolated).await.unwrap_err();
    assert!(error.to_string().contains("nonce=None"), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canonical_name_wants_its_referer() -> anyhow::Result<()> {
    let name = "shop.example.test";
    let world = World::apache(|options| options.canonical_name = Some(name.to_owned())).await?;
    let said = world.preflight(|_| {}).await;
    assert!(said.contains("give its ServerName as `referer`"), "{said}");
    let said = world
        .preflight(|s| s.referer = Some(format!("http://{name}/")))
        .await;
    assert_eq!(said, "");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_outlive_a_reload_where_they_persist() -> anyhow::Result<()> {
    let world = World::apache(|_| {}).await?;
    world.set(&world.red, Wanted::Isolated).await?;
    world.reloads()?;
    let red = world.worker(&world.red).await;
    assert_eq!(red.admission, Admission::Isolated, "{red:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_balancers_on_the_page_is_changed_alone() -> anyhow::Result<()> {
    let world = World::apache(|options| {
        let workers = options.balancers[0].workers.clone();
        options.balancers.push(LabBalancer {
            name: "other".to_owned(),
            workers,
        });
    })
    .await?;
    let Around::Apache(around) = &world.around else {
        unreachable!("it is real")
    };
    let mut of_other = settings(&around.apache.manager_url);
    of_other.balancer = "other".to_owned();
    let other = ApacheBalancer::new(of_other)?;
    world.set(&world.red, Wanted::Isolated).await?;
    let seen = other.observe().await?;
    let red = seen.worker(&world.red).expect("red is in both");
    assert_eq!(red.admission, Admission::InService, "{red:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_set_stays_as_it_was() -> anyhow::Result<()> {
    let world = World::apache(|_| {}).await?;
    let Around::Apache(around) = &world.around else {
        unreachable!("it is real")
    };
    operator_sets(&around.apache, &world.red, "w_status_S").await?;
    let stopped = world.worker(&world.red).await;
    assert_eq!(
        (stopped.admission, stopped.words.contains("Stop")),
        (Admission::Isolated, true)
    );
    world.set(&world.red, Wanted::Isolated).await?;
    let back = world.set(&world.red, Wanted::InService).await?;
    assert_eq!(back.admission, Admission::Isolated, "{back:?}");
    assert!(
        back.words.contains("Stop") && !back.words.contains("Dis"),
        "{back:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_in_error_serves_at_once_after_its_return() -> anyhow::Result<()> {
    let mut world = World::apache(|_| {}).await?;
    let (red, blue) = (world.red.clone(), world.blue.clone());
    // Only red may serve, and it is dead: the request leaves it in error for a minute.
    world.set(&blue, Wanted::Isolated).await?;
    world.real().red.end().await;
    let front = world.real().apache.url.clone();
    assert_eq!(reqwest::get(&front).await?.status(), 503);
    let failing = world.worker(&red).await;
    assert_eq!(failing.admission, Admission::Failing, "{failing:?}");
    world.set(&red, Wanted::Isolated).await?;
    world.set(&blue, Wanted::InService).await?;
    world.real().red.come_back().await?;

    let back = world.set(&red, Wanted::InService).await?;
    assert_eq!(back.admission, Admission::InService, "{back:?}");
    assert!(!back.words.contains("Ign"), "{back:?}");
    world.set(&blue, Wanted::Isolated).await?;
    assert_eq!(reqwest::get(&front).await?.status(), 200);
    world.real().blue.answer_all();
    Ok(())
}

/// What a person does on the manager's page.
async fn operator_sets(apache: &Apache, worker: &str, flag: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let page = client
        .get(format!("{}?xml=1", apache.manager_url))
        .header("Referer", &apache.url)
        .send()
        .await?
        .text()
        .await?;
    let (_, rest) = page.split_once("<httpd:nonce>").expect("it has a nonce");
    let (nonce, _) = rest.split_once('<').expect("the nonce ends");
    client
        .post(&apache.manager_url)
        .header("Referer", &apache.url)
        .form(&[("b", "web"), ("w", worker), ("nonce", nonce), (flag, "1")])
        .send()
        .await?;
    Ok(())
}
