-- The fund's schema, LangGraph's own, and vectors for the agents' memory.
CREATE SCHEMA IF NOT EXISTS fund;
CREATE SCHEMA IF NOT EXISTS langgraph;
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
