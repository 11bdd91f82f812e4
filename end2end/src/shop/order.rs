//! Orders.

use sqlx::{PgPool, Row};

pub struct Order {
    pub number: i64,
    pub product: String,
    pub note: String,
}

pub async fn place(
    pool: &PgPool,
    person: &str,
    product: &str,
    note: &str,
    node: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "insert into orders (person, product, note, placed_on) values ($1, $2, $3, $4) returning number",
    )
    .bind(person)
    .bind(product)
    .bind(note)
    .bind(node)
    .fetch_one(pool)
    .await
}

/// Only its own person sees an order.
pub async fn find(pool: &PgPool, person: &str, number: i64) -> Result<Option<Order>, sqlx::Error> {
    let row = sqlx::query("select product, note from orders where number = $1 and person = $2")
        .bind(number)
        .bind(person)
        .fetch_optional(pool)
        .await?;
    row.map(|row| {
        Ok(Order {
            number,
            product: row.try_get("product")?,
            note: row.try_get("note")?,
        })
    })
    .transpose()
}
