find_package(OpenCV 4 REQUIRED COMPONENTS core imgproc imgcodecs)
add_library(ogam_opencv INTERFACE)
target_link_libraries(ogam_opencv INTERFACE opencv_core opencv_imgproc opencv_imgcodecs)
