"""Object classes of the interview library; authors import them through docassemble.base.util."""
