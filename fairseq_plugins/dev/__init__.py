"""Dev sentences, as every stage that chooses by them draws, translates and scores them."""
