#include <systemc>

int sc_main(int, char**) {
    sc_core::sc_start();
    return 0;
}
