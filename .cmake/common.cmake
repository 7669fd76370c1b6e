# What every target of initlab shares. Included by the top-level CMakeLists.txt.

add_library(initlab_options INTERFACE)
target_compile_definitions(initlab_options INTERFACE _GNU_SOURCE INITLAB_VERSION="${PROJECT_VERSION}")
target_include_directories(initlab_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(initlab_options INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wvla -Wstrict-prototypes -Wformat=2
  -Wno-missing-field-initializers -fno-strict-aliasing)

find_path(JANSSON_INCLUDE jansson.h REQUIRED)
find_library(JANSSON_STATIC libjansson.a REQUIRED)
find_library(CAP_STATIC libcap.a REQUIRED)
find_library(SECCOMP_STATIC libseccomp.a REQUIRED)

# A static, self-contained program: nothing of it is ever loaded from a container's root file system.
# Sanitizers can't be linked statically; those flavours are for tests only.
function(initlab_static_program target)
  if(INITLAB_FLAVOUR STREQUAL "release")
    target_link_options(${target} PRIVATE -static)
  endif()
endfunction()

# A program that runs as a container's payload: always static, and never instrumented, because what a sanitizer or
# a profile opens, maps and writes would be observed in the payload.
function(initlab_payload_program target)
  if(INITLAB_FLAVOUR MATCHES "^(asan|libfuzzer)$")
    set(plain -fno-sanitize=all)
  elseif(INITLAB_FLAVOUR STREQUAL "coverage")
    set(plain -fno-profile-instr-generate -fno-coverage-mapping)
  endif()
  target_compile_options(${target} PRIVATE ${plain})
  target_link_options(${target} PRIVATE -static ${plain})
endfunction()
