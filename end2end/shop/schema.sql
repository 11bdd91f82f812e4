-- The shop's own database. Expanding it is the lab's work, once, before any release runs.
create table if not exists people (
    name text primary key,
    password_hash text not null
);
create table if not exists sessions (
    token_sha256 text primary key,
    person text not null references people (name),
    started_at timestamptz not null default now()
);
create table if not exists orders (
    number bigint generated always as identity primary key,
    person text not null references people (name),
    product text not null,
    note text not null,
    placed_on text not null,
    placed_at timestamptz not null default now()
);
