"""Find or make throwaway servers, and fill them with a sample pharmacy."""
