#!/bin/sh
# Makes the database and its two roles on an empty volume: who owns the tables, and who serves.
# Neither is a superuser nor passes by row-level security; only the second is in the servers' hands.
set -eu
psql --set=ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set=owner_word="$DAPUR_DB_PASSWORD" --set=servers_word="$DAPUR_APP_PASSWORD" <<'SQL'
CREATE ROLE dapur LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner_word';
CREATE ROLE dapur_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'servers_word';
CREATE DATABASE dapur OWNER dapur;
REVOKE ALL ON DATABASE dapur FROM PUBLIC;
GRANT CONNECT ON DATABASE dapur TO dapur_app;
SQL
