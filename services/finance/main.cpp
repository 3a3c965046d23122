// Placeholder: the service follows.
int main() { return 1; }
