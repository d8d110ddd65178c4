"""How an older database reaches the schema in force. Each step is one module in `versions`, and is never edited."""
